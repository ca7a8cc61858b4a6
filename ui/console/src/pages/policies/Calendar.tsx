import type { CountMode, PolicyCycle } from "@shared/model";
import { Checkbox, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";
import { Whole } from "./Fields";
import { CYCLE } from "./sentences";

const CLASSES = ["A", "B", "C"] as const;
const MODES: CountMode[] = ["blind", "open", "double_blind"];
/** What a calendar begins with. */
const USUAL: PolicyCycle = { days: { A: 30, B: 90, C: 180 }, ...CYCLE };

/** How often bins are counted without anybody ordering it. */
export function Calendar({ cycle, change }: { cycle: PolicyCycle; change: (cycle: PolicyCycle) => void }) {
  const { t } = useTranslation();
  const on = Object.keys(cycle).length > 0;
  const told = { ...CYCLE, ...cycle };
  const days = (one: (typeof CLASSES)[number], number: number | null): void => {
    const { [one]: _, ...others } = cycle.days ?? {};
    change({ ...told, days: number === null ? others : { ...others, [one]: number } });
  };
  return (
    <div className="stack-small">
      <Checkbox checked={on} onChange={(event) => change(event.target.checked ? USUAL : {})}>{t("policies.calendarOn")}</Checkbox>
      {on ? (
        <>
          <div className="field-row">
            {CLASSES.map((one) => (
              <label key={one} className="field">
                <span>{t("policies.classDays", { class: one })}</span>
                <InputNumber min={1} precision={0} value={cycle.days?.[one] ?? null} placeholder={String(told.any_bin)} aria-label={t("policies.classDays", { class: one })} onChange={(number) => days(one, number)} />
              </label>
            ))}
          </div>
          <div className="field-row">
            <Whole label={t("policies.anyBin")} hint={t("policies.anyBinHint")} least={1} value={told.any_bin} change={(any_bin) => change({ ...told, any_bin })} />
            <Whole label={t("policies.mostBins")} hint={t("policies.mostBinsHint")} least={1} value={told.most_bins} change={(most_bins) => change({ ...told, most_bins })} />
            <label className="field">
              <span>{t("policies.mode")}</span>
              <Select value={told.mode} aria-label={t("policies.mode")} options={MODES.map((one) => ({ value: one, label: word("countMode", one) }))} onChange={(mode: CountMode) => change({ ...told, mode })} />
            </label>
          </div>
        </>
      ) : null}
    </div>
  );
}
