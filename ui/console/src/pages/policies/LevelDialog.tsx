import type { PolicyChoices, PolicyLevel } from "@shared/model";
import { InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isLimit, Limit } from "./Fields";
import { NamedDialog } from "./NamedDialog";
import { tidied } from "./draft";
import { levelSentence } from "./sentences";

interface LevelDialogProps {
  level: PolicyLevel | null;
  taken: string[];
  words: PolicyChoices;
  currency: string;
  done: (level: PolicyLevel) => void;
  close: () => void;
}

/** One level that signs: for how much, who, and from when somebody else may. */
export function LevelDialog({ level, taken, words, currency, done, close }: LevelDialogProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<PolicyLevel>(level ?? { name: "", due_hours: 24 });
  const set = (change: Partial<PolicyLevel>): void => setDraft({ ...draft, ...change });
  return (
    <NamedDialog
      title={level ? t("policies.editLevel", { name: level.name }) : t("policies.addLevel")}
      width={620}
      name={draft.name}
      rename={(name) => set({ name })}
      taken={taken}
      fine={isLimit(draft.net) && isLimit(draft.absolute)}
      take={(name) => done(tidied({ ...draft, name }))}
      close={close}
    >
      <div className="field-row field-row-2">
        <Limit label={t("policies.netUpTo")} value={draft.net} suffix={currency} change={(net) => set({ net })} />
        <Limit label={t("policies.absoluteUpTo")} value={draft.absolute} suffix={currency} change={(absolute) => set({ absolute })} />
      </div>
      <small className="quiet">{t("policies.limitsHint")}</small>
      <div className="field-row field-row-2">
        <People label={t("policies.users")} hint={t("policies.usersHint")} value={draft.users ?? []} words={words} change={(users) => set({ users })} />
        <People label={t("policies.substitutes")} hint={t("policies.substitutesHint")} value={draft.substitutes ?? []} words={words} change={(substitutes) => set({ substitutes })} />
      </div>
      <label className="field">
        <span>{t("policies.dueHours")}</span>
        <InputNumber min={1} precision={0} value={draft.due_hours ?? 24} aria-label={t("policies.dueHours")} onChange={(due_hours) => { if (due_hours !== null) set({ due_hours }); }} />
      </label>
      <p className="preview" aria-live="polite">{levelSentence(t, tidied(draft), currency)}</p>
    </NamedDialog>
  );
}

function People({ label, hint, value, words, change }: { label: string; hint: string; value: string[]; words: PolicyChoices; change: (users: string[]) => void }) {
  const { t } = useTranslation();
  const known = words.approvers.map(({ username, name }) => ({ value: username, label: name === username ? name : `${name} · ${username}` }));
  return (
    <label className="field">
      <span>{label}</span>
      <Select mode="multiple" allowClear showSearch={{ optionFilterProp: "label" }} value={value} placeholder={t("policies.any")} aria-label={label} options={known} onChange={change} />
      <small>{hint}</small>
    </label>
  );
}
