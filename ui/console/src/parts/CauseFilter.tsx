import { causes } from "@shared/model";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { word } from "../app/words";

/** Narrows a list to lines with one likely explanation. */
export function CauseFilter({ value, change }: { value: string | undefined; change: (cause: string | undefined) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      allowClear
      style={{ width: 150 }} popupMatchSelectWidth={false}
      value={value}
      placeholder={t("explain.filter")}
      aria-label={t("explain.filter")}
      options={[...causes, "none"].map((cause) => ({ value: cause, label: word("cause", cause) }))}
      onChange={change}
    />
  );
}
