import type { FreezeChoice, Policy, PolicyChoices, Tolerance } from "@shared/model";
import { Checkbox, Input, InputNumber, Radio, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";

/** A limit as it is written: digits with at most one point, or nothing for none. It stays text. */
export function isLimit(text: string | null | undefined): boolean {
  return text == null || text === "" || /^\d+(\.\d+)?$/.test(String(text));
}

export function sound(policy: Policy): boolean {
  return Object.values(policy.tolerance).every((limit) => isLimit(limit));
}

export function Limit({ label, value, change, suffix }: { label: string; value: string | null | undefined; change: (text: string | null) => void; suffix: string }) {
  const { t } = useTranslation();
  const bad = !isLimit(value);
  return (
    <label className="field">
      <span>{label}</span>
      <Input inputMode="decimal" className="num" status={bad ? "error" : ""} aria-invalid={bad} value={value ?? ""} placeholder={t("policies.none")} suffix={suffix} onChange={(event) => change(event.target.value.trim() || null)} />
      {bad ? <small className="bad-text">{t("policies.notANumber")}</small> : null}
    </label>
  );
}

export function ToleranceFields({ value, currency, change }: { value: Tolerance; currency: string; change: (tolerance: Tolerance) => void }) {
  const { t } = useTranslation();
  const alone = value.percent != null && value.quantity == null && value.value == null;
  return (
    <>
      <div className="field-row">
        <Limit label={t("policy.percent")} value={value.percent} suffix="%" change={(percent) => change({ ...value, percent })} />
        <Limit label={t("policy.quantity")} value={value.quantity} suffix={t("policies.baseUnits")} change={(quantity) => change({ ...value, quantity })} />
        <Limit label={t("policy.value")} value={value.value} suffix={currency} change={(amount) => change({ ...value, value: amount })} />
      </div>
      <small className={alone ? "wait-text" : "quiet"}>{alone ? t("policies.percentAlone") : t("policies.toleranceHint")}</small>
    </>
  );
}

export function Whole({ label, hint, value, least, change }: { label: string; hint?: string; value: number; least: number; change: (value: number) => void }) {
  return (
    <label className="field">
      <span>{label}</span>
      <InputNumber min={least} precision={0} value={value} aria-label={label} onChange={(next) => { if (next !== null) change(next); }} />
      {hint ? <small>{hint}</small> : null}
    </label>
  );
}

function Choice({ label, value, options, change }: { label: string; value: string; options: { value: string; label: ReactNode }[]; change: (value: string) => void }) {
  return (
    <div className="field">
      <span>{label}</span>
      <Radio.Group className="choices" value={value} aria-label={label} options={options} onChange={(event) => change(event.target.value as string)} />
    </div>
  );
}

/** What holds for every line no rule names. */
export function Fields({ policy, words, freeze, currency, set }: { policy: Policy; words: PolicyChoices; freeze: FreezeChoice; currency: string; set: (change: Partial<Policy>) => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack-small">
      <ToleranceFields value={policy.tolerance} currency={currency} change={(tolerance) => set({ tolerance })} />
      <div className="field-row">
        <Choice label={t("policies.word_within_tolerance")} value={policy.within_tolerance} options={["post", "keep_book"].map((one) => ({ value: one, label: word("within", one) }))} change={(one) => set({ within_tolerance: one as Policy["within_tolerance"] })} />
        <Choice label={t("policies.word_uncounted")} value={policy.uncounted} options={["ignore", "zero"].map((one) => ({ value: one, label: word("uncounted", one) }))} change={(one) => set({ uncounted: one as Policy["uncounted"] })} />
        <Choice label={t("policies.word_drift")} value={policy.drift} options={["report", "propose", "repair"].map((one) => ({ value: one, label: word("drifting", one) }))} change={(one) => set({ drift: one as Policy["drift"] })} />
      </div>
      <div className="field-row">
        <div className="field">
          <span>{t("policies.mode")}</span>
          <Checkbox checked={policy.blind} onChange={(event) => set({ blind: event.target.checked })}>{t("policies.blindSays")}</Checkbox>
          <Checkbox checked={policy.double_blind} onChange={(event) => set({ double_blind: event.target.checked, ...(event.target.checked ? { blind: true } : {}) })}>{t("policies.doubleBlindSays")}</Checkbox>
          <small>{t("policies.modeHint")}</small>
        </div>
        <Whole label={t("policies.word_max_passes")} hint={t("policies.maxPassesHint")} least={1} value={policy.max_passes} change={(max_passes) => set({ max_passes })} />
        <Whole label={t("policies.word_supervisor_from_pass")} hint={t("policies.supervisorHint")} least={2} value={policy.supervisor_from_pass} change={(supervisor_from_pass) => set({ supervisor_from_pass })} />
      </div>
      <div className="field-row">
        <div className="field">
          <Whole label={t("policies.word_sheet_lines")} least={1} value={policy.sheet_lines} change={(sheet_lines) => set({ sheet_lines })} />
          <Select value={policy.sheets_by ?? "zone"} aria-label={t("policies.word_sheets_by")} options={["zone", "aisle"].map((one) => ({ value: one, label: word("sheetsBy", one) }))} onChange={(one) => set({ sheets_by: one as Policy["sheets_by"] })} />
          <small>{t("policies.sheetHint")}</small>
        </div>
        <Whole label={t("policies.word_ambiguity_seconds")} hint={t("policies.ambiguityHint")} least={0} value={policy.ambiguity_seconds} change={(ambiguity_seconds) => set({ ambiguity_seconds })} />
        <Whole label={t("policies.word_quiet_seconds")} hint={t("policies.quietHint")} least={0} value={policy.quiet_seconds} change={(quiet_seconds) => set({ quiet_seconds })} />
      </div>
      {freeze.possible ? (
        <Choice label={t("policies.word_freeze")} value={policy.freeze ?? "none"} options={["none", "whole_zones"].map((one) => ({ value: one, label: word("freezing", one) }))} change={(one) => set({ freeze: one as Policy["freeze"] })} />
      ) : <p className="quiet small">{freeze.why_not}</p>}
      <label className="field">
        <span>{t("policies.word_counted_in_wms")}</span>
        <Select mode="multiple" allowClear value={policy.counted_in_wms} placeholder={t("policies.none")} aria-label={t("policies.word_counted_in_wms")} options={words.zones.map((one) => ({ value: one, label: one }))} onChange={(counted_in_wms: string[]) => set({ counted_in_wms })} />
        <small>{t("policies.inWmsHint")}</small>
      </label>
    </div>
  );
}
