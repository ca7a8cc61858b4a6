import type { Policy, PolicyCycle, PolicyLevel, PolicyNeed, PolicyRule } from "@shared/model";
import { formatDecimal, formatMoney } from "@shared/decimal";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";
import type { Change, Item, Word } from "./difference";
import { cycleWords, levelSentence, ruleSentence } from "./sentences";

/** What is another in the one policy than in the other, in words. `policy` is the one the sentences of rules refer to. */
export function Differences({ changes, policy, currency }: { changes: Change[]; policy: Policy; currency: string }) {
  const { t } = useTranslation();
  if (!changes.length) return <p className="quiet">{t("policies.noDifference")}</p>;
  return <ul className="effects differences">{changes.map((change) => <li key={keyOf(change)}><Told change={change} policy={policy} currency={currency} /></li>)}</ul>;
}

function keyOf(change: Change): string {
  return change.of === "word" ? change.word : `${change.of}/${change.what}/${change.name}`;
}

function Told({ change, policy, currency }: { change: Change; policy: Policy; currency: string }): ReactNode {
  const { t } = useTranslation();
  if (change.of === "word") {
    return <><b>{t(`policies.word_${change.word.replace(".", "_")}`)}</b> <Was>{valueWords(t, change.word, change.before, currency)}</Was> → <b>{valueWords(t, change.word, change.after, currency)}</b></>;
  }
  const sentence = (item: Item): string => (change.of === "rules" ? ruleSentence(t, item as PolicyRule, policy, currency) : levelSentence(t, item as PolicyLevel, currency));
  const head = <b>{t(`policies.${change.of}_${change.what}`, { name: change.name })}</b>;
  if (change.what === "moved") return <>{head} <Was>{change.from}</Was> → <b>{change.to}</b></>;
  if (change.what === "changed") return <>{head}<div><Was>{sentence(change.before)}</Was></div><div>{sentence(change.after)}</div></>;
  return <>{head}<div>{change.what === "removed" ? <Was>{sentence(change.item)}</Was> : sentence(change.item)}</div></>;
}

function Was({ children }: { children: ReactNode }) {
  return <span className="was">{children}</span>;
}

/** A policy's word as people say it. */
export function valueWords(t: TFunction, name: Word, value: unknown, currency: string): string {
  if (value === null || value === undefined || value === "") return t("policies.none");
  if (typeof value === "boolean") return value ? t("policies.yes") : t("policies.no");
  if (name === "skills") return (value as PolicyNeed[]).map((one) => needWords(t, one)).join("; ") || t("policies.none");
  if (Array.isArray(value)) return value.length ? value.join(t("list.comma")) : t("policies.none");
  if (name === "cycle") return cycleWords(t, value as PolicyCycle);
  const text = String(value);
  switch (name) {
    case "tolerance.percent": return `${formatDecimal(text)} %`;
    case "tolerance.value": return formatMoney(text, currency);
    case "within_tolerance": return word("within", text);
    case "sheets_by": return word("sheetsBy", text);
    case "uncounted": return word("uncounted", text);
    case "freeze": return word("freezing", text);
    case "drift": return word("drifting", text);
    default: return formatDecimal(text);
  }
}

/** A skill and where it is needed: "cold (C)". */
function needWords(t: TFunction, { skill, ...where }: PolicyNeed): string {
  return `${skill} (${Object.values(where).flat().join(t("list.comma"))})`;
}
