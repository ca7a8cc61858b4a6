import { formatCount } from "@shared/time";
import { useTranslation } from "react-i18next";

export interface Shares {
  lines: number;
  counted: number;
  to_recount: number;
  to_approve: number;
  final: number;
}

/** How far the lines are, in four parts: done, waits for approval, waits for a recount, counted; the rest is still open. */
export function Progress({ of, label = true }: { of: Shares; label?: boolean }) {
  const { t } = useTranslation();
  const part = (count: number): string => (of.lines ? `${(count / of.lines) * 100}%` : "0%");
  const other = Math.max(0, of.counted - of.final - of.to_approve - of.to_recount);
  const parts: [string, string, number][] = [
    ["final", t("progress.final"), of.final],
    ["approve", t("progress.approve"), of.to_approve],
    ["recount", t("progress.recount"), of.to_recount],
    ["counted", t("progress.counted"), other],
  ];
  const spoken = parts.filter(([, , count]) => count > 0).map(([, name, count]) => `${name} ${formatCount(count)}`).join(" · ");
  const percent = of.lines ? Math.floor((of.counted / of.lines) * 100) : 0;
  return (
    <div className="progress" title={spoken}>
      <div className="progress-bar" role="img" aria-label={`${percent}% · ${spoken}`}>
        {parts.map(([kind, , count]) => (count > 0 ? <span key={kind} className={`progress-${kind}`} style={{ width: part(count) }} /> : null))}
      </div>
      {label ? (
        <span className="progress-label num">
          {formatCount(of.counted)} / {formatCount(of.lines)}
        </span>
      ) : null}
    </div>
  );
}
