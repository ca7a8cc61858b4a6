import { useTranslation } from "react-i18next";
import { Head } from "../parts/layout";
import { Notice } from "../parts/states";

/** Somebody who only counts: the console has nothing for them, their page does. */
export function FloorOnly() {
  const { t } = useTranslation();
  return (
    <>
      <Head title={t("floor.title")} />
      <Notice mark="empty" title={t("floor.text")} action={<a className="button-link" href="/pda">{t("floor.open")}</a>}>
        {t("floor.more")}
      </Notice>
    </>
  );
}
