import type { ReactNode } from "react";

type Look = "main" | "plain" | "quiet" | "danger";

interface ButtonProps {
  children: ReactNode;
  onPress?: () => void;
  look?: Look;
  testId?: string;
  disabled?: boolean;
  type?: "button" | "submit";
}

export function Button({ children, onPress, look = "plain", testId, disabled = false, type = "button" }: ButtonProps) {
  return (
    <button type={type} className={`button ${look}`} onClick={onPress} data-testid={testId} disabled={disabled}>
      {children}
    </button>
  );
}

export type Tone = "good" | "wait" | "bad" | "info";
const MARKS: Record<Tone, string> = { good: "✓", wait: "!", bad: "✕", info: "i" };

/** A message in the page: colour, and a mark for eyes that do not see the colour. */
export function Note({ tone, children, testId }: { tone: Tone; children: ReactNode; testId?: string }) {
  return (
    <div className={`note ${tone}`} role={tone === "bad" ? "alert" : "status"} data-testid={testId}>
      <span className="mark" aria-hidden="true">{MARKS[tone]}</span>
      <div>{children}</div>
    </div>
  );
}

interface AskProps {
  tone: Tone;
  title: string;
  children?: ReactNode;
  /** Buttons, the most likely first. */
  answers: ReactNode;
  testId: string;
}

/** A question that fills the screen: what happened, and the ways on. A new scan answers it too. */
export function Ask({ tone, title, children, answers, testId }: AskProps) {
  return (
    <div className={`ask ${tone}`} role="alertdialog" aria-label={title} data-testid={testId}>
      <h2>
        <span className="mark" aria-hidden="true">{MARKS[tone]}</span>
        {title}
      </h2>
      <div className="ask-body">{children}</div>
      <div className="answers">{answers}</div>
    </div>
  );
}
