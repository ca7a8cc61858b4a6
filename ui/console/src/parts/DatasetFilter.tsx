import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { word } from "../app/words";

const DATASETS = ["items", "bins", "lots", "stock", "movements", "results", "F1", "F4", "F5"];

export function DatasetFilter({ value, change }: { value: string | undefined; change: (dataset: string | undefined) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      allowClear
      style={{ width: 220 }}
      value={value}
      placeholder={t("quarantine.anyWhat")}
      aria-label={t("quarantine.what")}
      options={DATASETS.map((dataset) => ({ value: dataset, label: word("dataset", dataset) }))}
      onChange={change}
    />
  );
}
