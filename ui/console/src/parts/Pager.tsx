import { formatCount } from "@shared/time";
import { Pagination } from "antd";
import { useTranslation } from "react-i18next";

interface PagerProps {
  page: number;
  size: number;
  total: number;
  go: (page: number) => void;
}

export function Pager({ page, size, total, go }: PagerProps) {
  const { t } = useTranslation();
  return (
    <div className="pager">
      <span className="quiet num">{t("table.total", { total: formatCount(total) })}</span>
      {total > size ? (
        <Pagination size="small" current={page} pageSize={size} total={total} showSizeChanger={false} onChange={go} aria-label={t("table.pages")} />
      ) : null}
    </div>
  );
}
