import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../app/server";

/** Narrows a list to one count: those in progress, and whichever the address names. */
export function CountFilter({ value, change }: { value: string | undefined; change: (count: string | undefined) => void }) {
  const { t } = useTranslation();
  const counts = useQuery({ queryKey: ["counts", "choice"], queryFn: () => api.counts({ offset: 0, limit: 100 }), staleTime: 60_000 });
  const known = (counts.data?.rows ?? []).map(({ number, name }) => ({ value: number, label: `${number} ${name}` }));
  const options = value && !known.some((one) => one.value === value) ? [{ value, label: value }, ...known] : known;
  return (
    <Select
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      style={{ width: 260 }}
      value={value}
      loading={counts.isLoading}
      placeholder={t("filter.anyCount")}
      aria-label={t("filter.count")}
      options={options}
      onChange={change}
    />
  );
}
