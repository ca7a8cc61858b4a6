import type { Step } from "@shared/model";
import { formatCount } from "@shared/time";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";
import { When } from "../../parts/values";

const MARKS: Record<Step["state"], string> = { waiting: "", running: "…", done: "✓", failed: "!" };

/** The count's road from approval to closing, each station with its time and how far it is. */
export function Steps({ steps }: { steps: Step[] }) {
  const { t } = useTranslation();
  return (
    <ol className="steps">
      {steps.map((step) => (
        <li key={step.name} className={`step step-${step.state}`} aria-current={step.state === "running" ? "step" : undefined}>
          <span className="step-mark" aria-hidden="true">{MARKS[step.state]}</span>
          <span className="step-name">{word("step", step.name)}</span>
          <span className="sr-only">{t(`stepState.${step.state}`)}</span>
          <span className="step-facts num">
            {step.total ? `${formatCount(step.done)} / ${formatCount(step.total)}` : step.at ? <When at={step.at} /> : "\u00a0"}
          </span>
          {step.message ? <span className="step-message" title={step.message}>{step.message}</span> : null}
        </li>
      ))}
    </ol>
  );
}
