import { useTranslation } from "react-i18next";
import { NavLink, useMatch } from "react-router";

export function Tabs() {
  const { t } = useTranslation();
  const onReasons = useMatch("/policies/reasons") !== null;
  return (
    <nav className="tabs" aria-label={t("policies.sections")}>
      <NavLink to="/policies" className={onReasons ? "" : "active"} end>{t("policies.tabPolicy")}</NavLink>
      <NavLink to="/policies/reasons">{t("policies.tabReasons")}</NavLink>
    </nav>
  );
}
