import { addresses } from "@shared/api";
import { type LineFilter, type LineSelection, seesBook } from "@shared/model";
import { formatCount } from "@shared/time";
import { Button, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParam } from "../../app/params";
import { word } from "../../app/words";
import { CauseFilter } from "../../parts/CauseFilter";
import { LineDrawer } from "../../parts/LineDrawer";
import { Search } from "../../parts/Search";
import { useCount } from "./Count";
import { LineGrid } from "./LineGrid";

const STATES = ["open", "counted", "recount", "approve", "settled", "approved", "kept", "uncounted", "hold", "posted"];

export function Component() {
  const { t } = useTranslation();
  const count = useCount();
  const [get, set] = useParam();
  const [total, setTotal] = useState<number | null>(null);
  const state = get("state");
  const zone = get("zone");
  const bin = get("bin");
  const q = get("q");
  const only = get("only") as LineSelection | undefined;
  const cause = get("cause");
  const sort = get("sort");
  const filter: LineFilter = useMemo(() => ({ ...(state && { state }), ...(zone && { zone }), ...(bin && { bin }), ...(q && { q }), ...(only && { only }), ...(cause && { cause }) }), [state, zone, bin, q, only, cause]);
  const filtered = Object.keys(filter).length > 0;
  const clear = (): void => set({ state: null, zone: null, bin: null, q: null, only: null, cause: null });
  return (
    <div className="lines">
      <div className="filters">
        <Segmented
          aria-label={t("lines.only")}
          value={only ?? ""}
          onChange={(value) => set({ only: value })}
          options={[
            { value: "", label: t("lines.all") },
            ...(!seesBook(count) ? [] : [{ value: "variance", label: t("lines.variance") }]),
            { value: "open", label: t("lines.open") },
            { value: "recount", label: t("lines.recount") },
            { value: "approve", label: t("lines.approve") },
          ]}
        />
        <Search value={q} change={(text) => set({ q: text })} label={t("lines.search")} width={200} />
        <Select
          allowClear
          style={{ width: 104 }} popupMatchSelectWidth={false}
          value={zone}
          placeholder={t("lines.zone")}
          aria-label={t("lines.zone")}
          options={[...new Set(count.zones.map((one) => one.zone))].map((one) => ({ value: one, label: one }))}
          onChange={(value: string | undefined) => set({ zone: value, bin: null })}
        />
        <Select
          allowClear
          style={{ width: 118 }} popupMatchSelectWidth={false}
          value={state}
          placeholder={t("lines.state")}
          aria-label={t("lines.state")}
          options={STATES.map((one) => ({ value: one, label: word("lineState", one) }))}
          onChange={(value: string | undefined) => set({ state: value })}
        />
        {seesBook(count) ? <CauseFilter value={cause} change={(value) => set({ cause: value })} /> : null}
        {bin ? <button type="button" className="chip" onClick={() => set({ bin: null })} aria-label={t("lines.dropBin", { bin })}>{bin} <span aria-hidden="true">×</span></button> : null}
        {filtered ? <Button type="link" size="small" onClick={clear}>{t("lines.clear")}</Button> : null}
        <span className="filters-end">
          <span className="quiet num" role="status">{total === null ? "" : t("table.total", { total: formatCount(total) })}</span>
          <a className="button-link" href={addresses.linesCsv(count.number, { ...filter, ...(sort && { sort }) })} download>{t("action.csv")}</a>
        </span>
      </div>
      <LineGrid count={count} filter={filter} sort={sort} changeSort={(next) => set({ sort: next, line: get("line") })} open={(id) => set({ line: id })} chosen={get("line")} told={setTotal} />
      <LineDrawer id={get("line")} currency={count.currency} close={() => set({ line: null })} />
    </div>
  );
}
