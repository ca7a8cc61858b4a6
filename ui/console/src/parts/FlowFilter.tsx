import type { FlowCode } from "@shared/model";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { word } from "../app/words";

export const FLOWS: readonly FlowCode[] = ["F1", "F2", "F3", "F4", "F5"];

export function FlowFilter({ value, change }: { value: string | undefined; change: (flow: string | undefined) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      allowClear
      style={{ width: 170 }}
      value={value}
      placeholder={t("filter.anyFlow")}
      aria-label={t("filter.flow")}
      options={FLOWS.map((flow) => ({ value: flow, label: `${flow} ${word("flow", flow)}` }))}
      onChange={change}
    />
  );
}
