import { causes, type Policy, type PolicyChoices, type PolicyRule } from "@shared/model";
import { InputNumber, Radio, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";
import { isLimit, Limit, ToleranceFields } from "./Fields";
import { NamedDialog } from "./NamedDialog";
import { type Set as Condition, SETS, called, ruleSentence } from "./sentences";
import { REASONS, tidied } from "./draft";

interface RuleDialogProps {
  rule: PolicyRule | null;
  taken: string[];
  policy: Policy;
  words: PolicyChoices;
  currency: string;
  done: (rule: PolicyRule) => void;
  close: () => void;
}

/** One rule: what a line must be, and what follows. What it comes to is read out below. */
export function RuleDialog({ rule, taken, policy, words, currency, done, close }: RuleDialogProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<PolicyRule>(rule ?? { name: "", tolerance: { quantity: "0" } });
  const set = (change: Partial<PolicyRule>): void => setDraft({ ...draft, ...change });
  const limits = [draft.price_from, draft.value_from, ...Object.values(draft.tolerance ?? {})];
  const own = draft.tolerance != null;
  return (
    <NamedDialog
      title={rule ? t("policies.editRule", { name: rule.name }) : t("policies.addRule")}
      width={800}
      name={draft.name}
      rename={(name) => set({ name })}
      taken={taken}
      hint={t("policies.nameHint")}
      fine={limits.every((limit) => isLimit(limit))}
      take={(name) => done(tidied({ ...draft, name }))}
      close={close}
    >
      <fieldset className="field">
        <legend>{t("policies.condition")}</legend>
        <div className="field-row">
          {SETS.map((condition) => <Words key={condition} condition={condition} value={draft[condition] ?? []} known={known(condition, words)} change={(chosen) => set({ [condition]: chosen })} />)}
          <Limit label={t("policies.priceFrom")} value={draft.price_from} suffix={currency} change={(price_from) => set({ price_from })} />
          <Limit label={t("policies.valueFrom")} value={draft.value_from} suffix={currency} change={(value_from) => set({ value_from })} />
        </div>
      </fieldset>
      <fieldset className="field">
        <legend>{t("policies.follows")}</legend>
        <Radio.Group value={own} aria-label={t("policies.tolerance")} onChange={(event) => set({ tolerance: event.target.value ? { quantity: "0" } : null })} options={[{ value: false, label: t("policies.toleranceOfPolicy") }, { value: true, label: t("policies.toleranceOwn") }]} />
        {draft.tolerance ? <ToleranceFields value={draft.tolerance} currency={currency} change={(tolerance) => set({ tolerance })} /> : null}
        <div className="field-row">
          <label className="field">
            <span>{t("policies.word_within_tolerance")}</span>
            <Select value={draft.within ?? ""} aria-label={t("policies.word_within_tolerance")} options={["", "post", "keep_book"].map((one) => ({ value: one, label: one ? word("within", one) : t("policies.asPolicy") }))} onChange={(within: string) => set({ within: (within || undefined) as PolicyRule["within"] } as Partial<PolicyRule>)} />
          </label>
          <label className="field">
            <span>{t("policies.beyond")}</span>
            <Select value={draft.beyond ?? "recount"} aria-label={t("policies.beyond")} options={["recount", "approve"].map((one) => ({ value: one, label: t(`policies.beyond_${one}`) }))} onChange={(beyond: "recount" | "approve") => set({ beyond })} />
          </label>
          <label className="field">
            <span>{t("policies.word_max_passes")}</span>
            <InputNumber min={1} precision={0} value={draft.max_passes ?? null} placeholder={String(policy.max_passes)} aria-label={t("policies.word_max_passes")} onChange={(passes) => set({ max_passes: passes ?? undefined } as Partial<PolicyRule>)} />
          </label>
        </div>
      </fieldset>
      <p className="preview" aria-live="polite" data-testid="sentence">{ruleSentence(t, tidied(draft), policy, currency)}</p>
    </NamedDialog>
  );
}

function known(condition: Condition, words: PolicyChoices): readonly string[] {
  return condition === "reasons" ? REASONS : condition === "causes" ? causes : words[condition];
}

function Words({ condition, value, known: choices, change }: { condition: Condition; value: string[]; known: readonly string[]; change: (words: string[]) => void }) {
  const { t } = useTranslation();
  const all = [...new Set([...choices, ...value])];
  return (
    <label className="field">
      <span>{t(`policies.cond_${condition}`)}</span>
      <Select mode="multiple" allowClear maxTagCount="responsive" value={value} placeholder={t("policies.any")} aria-label={t(`policies.cond_${condition}`)} options={all.map((one) => ({ value: one, label: called(condition, one) }))} onChange={change} />
    </label>
  );
}
