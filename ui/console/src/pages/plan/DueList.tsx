import type { DueBin } from "@shared/model";
import { formatCount, formatDay } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../../app/preferences";
import { api } from "../../app/server";
import { Panel } from "../../parts/layout";
import { Pager } from "../../parts/Pager";
import { Load } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { Code } from "../../parts/values";

const SIZE = 20;

interface DueListProps {
  link: string;
  taken: string[];
  take: (bins: string[]) => void;
}

/** The bins that are due now, the longest overdue first, each with why; a page of them can be taken into the count. */
export function DueList({ link, taken, take }: DueListProps) {
  const { t } = useTranslation();
  const [page, go] = useState(1);
  const due = useQuery({ queryKey: ["plans", "due", link, page], queryFn: () => api.dueBins(link, (page - 1) * SIZE, SIZE), placeholderData: keepPreviousData });
  const chosen = new Set(taken);
  return (
    <Load of={due} rows={6}>
      {({ rows, total, ordered_by_calendar }) => (
        <Panel
          flush
          title={t("plan.due")}
          note={ordered_by_calendar ? t("plan.dueByCalendar") : t("plan.dueUsual")}
          side={(
            <>
              {taken.length ? <Button size="small" onClick={() => take([])}>{t("plan.dueClear", { count: taken.length, bins: formatCount(taken.length) })}</Button> : null}
              <Button size="small" disabled={rows.every(({ bin }) => chosen.has(bin))} onClick={() => take([...new Set([...taken, ...rows.map(({ bin }) => bin)])])}>{t("plan.dueTake")}</Button>
            </>
          )}
        >
          {rows.length ? <DueTable rows={rows} chosen={chosen} /> : <p className="panel-empty">{t("plan.dueNone")}</p>}
          <Pager page={page} size={SIZE} total={total} go={go} />
        </Panel>
      )}
    </Load>
  );
}

function DueTable({ rows, chosen }: { rows: DueBin[]; chosen: Set<string> }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  const columns: Column<DueBin>[] = [
    { id: "bin", name: t("plan.dueBin"), cell: ({ bin }) => <><Code>{bin}</Code>{chosen.has(bin) ? <span className="tag">{t("plan.dueTaken")}</span> : null}</> },
    { id: "zone", name: t("sheets.zone"), cell: ({ warehouse, zone }) => <><span className="quiet">{warehouse} /</span> {zone}</> },
    { id: "why", name: t("plan.dueWhy"), cell: ({ why, abc, every_days }) => t(`plan.dueWhy_${why}`, { abc, days: every_days }) },
    { id: "seen", name: t("plan.dueSeen"), cell: ({ seen_at }) => (seen_at ? formatDay(seen_at, language) : "–") },
    { id: "since", name: t("plan.dueSince"), cell: ({ due_at }) => (due_at ? formatDay(due_at, language) : "–") },
  ];
  return <Table label={t("plan.due")} columns={columns} rows={rows} keyOf={({ bin }) => bin} />;
}
