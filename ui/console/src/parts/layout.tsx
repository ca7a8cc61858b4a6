import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";

interface HeadProps {
  title: string;
  /** For the browser's tab, when the heading alone says too little. */
  tab?: string;
  above?: ReactNode;
  below?: ReactNode;
  actions?: ReactNode;
}

export function Head({ title, tab, above, below, actions }: HeadProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${tab ?? title} · ${t("app.name")}`;
  }, [title, tab, t]);
  return (
    <header className="head">
      <div className="head-text">
        {above ? <div className="head-above">{above}</div> : null}
        <h1>{title}</h1>
        {below ? <div className="head-below">{below}</div> : null}
      </div>
      {actions ? <div className="head-actions">{actions}</div> : null}
    </header>
  );
}

interface PanelProps {
  title?: string | undefined;
  note?: ReactNode;
  side?: ReactNode;
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, note, side, flush = false, className = "", children }: PanelProps) {
  return (
    <section className={`panel ${className}`} aria-label={title}>
      {title ? (
        <div className="panel-head">
          <h2>{title}</h2>
          {note ? <span className="panel-note">{note}</span> : null}
          {side ? <div className="panel-side">{side}</div> : null}
        </div>
      ) : null}
      <div className={flush ? "panel-flush" : "panel-body"}>{children}</div>
    </section>
  );
}

/** A figure with its name below it. */
export function Figure({ name, children, hint }: { name: string; children: ReactNode; hint?: ReactNode }) {
  return (
    <div className="figure">
      <div className="figure-value">{children}</div>
      <div className="figure-name">{name}</div>
      {hint ? <div className="figure-hint">{hint}</div> : null}
    </div>
  );
}

/** Name and value pairs. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
