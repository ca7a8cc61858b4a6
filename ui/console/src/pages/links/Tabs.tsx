import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";

/** The sections of everything that runs between systems. */
export function Tabs() {
  const { t } = useTranslation();
  return (
    <nav className="tabs" aria-label={t("cadence.sections")}>
      <NavLink to="/links" end>{t("cadence.tabLinks")}</NavLink>
      <NavLink to="/links/webhooks">{t("cadence.tabHooks")}</NavLink>
      <NavLink to="/links/subscriptions">{t("cadence.tabSubscriptions")}</NavLink>
    </nav>
  );
}
