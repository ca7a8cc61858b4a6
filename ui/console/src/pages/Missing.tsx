import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Head } from "../parts/layout";
import { Notice } from "../parts/states";

export function Missing() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("missing.title")} />
      <Notice mark="empty" title={t("missing.text")} action={<Link to="/">{t("missing.home")}</Link>} />
    </>
  );
}

/** The last net: a page that broke while drawing (or whose files were replaced by an upgrade). */
export function Broken() {
  const { t } = useTranslation();
  return (
    <div className="alone">
      <Notice mark="bad" title={t("failure.page")} action={<Button onClick={() => location.reload()}>{t("failure.reload")}</Button>} />
    </div>
  );
}
