import { ApiError } from "@shared/http";
import type { PlanPreview, PlanScope } from "@shared/model";
import { formatCount, formatDuration } from "@shared/time";
import { type UseQueryResult, keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { usePreferences } from "../../app/preferences";
import { useSettled } from "../../app/settled";
import { api } from "../../app/server";
import { Figure } from "../../parts/layout";
import { Load } from "../../parts/states";

export interface Previewed {
  query: UseQueryResult<PlanPreview>;
  /** What is shown is of what was asked last. */
  ready: boolean;
}

/** What a plan comes to, asked once the form rests. */
export function usePreview(plan: { link: string; kind: string; scope: PlanScope }, complete: boolean): Previewed {
  const settled = useSettled(plan);
  const query = useQuery({
    queryKey: ["plans", "preview", settled], queryFn: ({ signal }) => api.previewPlan(settled, signal), enabled: complete,
    placeholderData: keepPreviousData, staleTime: 30_000, gcTime: 0,
  });
  const current = JSON.stringify(settled) === JSON.stringify(plan);
  return { query, ready: current && query.isSuccess && !query.isPlaceholderData };
}

/** Whether all the bins are walked to, or only those the snapshot will say something of. */
export type Walked = "all" | "holding" | "empty";

export function Preview({ of, random, walked }: { of: Previewed; random: boolean; walked: Walked }) {
  const { t } = useTranslation();
  const { error } = of.query;
  // What the form names does not exist: that is an answer, not a failure.
  if (error instanceof ApiError && error.status === 422) return <p className="lead lead-bad" role="alert">{error.message}</p>;
  // The figures of another form must not stand beside a failure of this one.
  const query = error ? { ...of.query, data: undefined } as UseQueryResult<PlanPreview> : of.query;
  return (
    <div className={of.ready || error ? "" : "plan-waits"} aria-busy={of.query.isFetching} aria-live="polite">
      <Load of={query} rows={5}>
        {(found) => (
          <div className="stack-small">
            <Figures of={found} />
            {random ? <p className="small quiet">{t("plan.drawAgain")}</p> : null}
            {walked === "all" ? null : <p className="small quiet">{t(`plan.walked_${walked}`)}</p>}
            {walked === "empty" ? null : <Work of={found} />}
            {found.overlapping.length ? (
              <div className="refused">
                <b>{t("plan.overlapping")}</b>
                <ul>{found.overlapping.map((one) => <li key={one.count}><Link to={`/counts/${one.count}`}>{one.count}</Link> <span className="num">{t("plan.zoneBins", { count: one.bins, bins: formatCount(one.bins) })}</span></li>)}</ul>
              </div>
            ) : null}
            <ul className="postings">
              {found.zones.map((one) => <li key={`${one.warehouse}/${one.zone}`}><b>{one.warehouse}</b> {one.zone} <span className="num">{t("plan.zoneBins", { count: one.bins, bins: formatCount(one.bins) })}</span></li>)}
            </ul>
            <details>
              <summary>{t("plan.first", { count: found.first.length, bins: formatCount(found.first.length) })}</summary>
              <p className="code small">{found.first.join(" ")}</p>
            </details>
          </div>
        )}
      </Load>
    </div>
  );
}

function Figures({ of }: { of: PlanPreview }) {
  const { t } = useTranslation();
  return (
    <div className="figures figures-dialog plan-figures">
      <Figure name={t("plan.binsName")}><span className="num" data-testid="plan-bins">{formatCount(of.bins)}</span></Figure>
      <Figure name={t("plan.zonesName")}><span className="num">{formatCount(of.zones.length)}</span></Figure>
      <Figure name={t("plan.locations")}><span className="num">{formatCount(of.locations)}</span></Figure>
      {of.items === null ? null : <Figure name={t("plan.itemsName")}><span className="num">{formatCount(of.items)}</span></Figure>}
    </div>
  );
}

/** Lines and time as far as earlier counts tell; of bins that were full then they say nothing of empty ones. */
function Work({ of }: { of: PlanPreview }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  if (!of.bins_known) return <p>{t("plan.neverCounted")}</p>;
  const alone = of.minutes === null ? null : formatDuration(of.minutes * 60, language);
  const shared = of.minutes === null || of.people < 2 ? null : formatDuration(Math.ceil((of.minutes * 60) / of.people), language);
  return (
    <div>
      <p><b className="num">{t("plan.lines", { count: of.lines, lines: formatCount(of.lines) })}</b> <span className="quiet">{t("plan.linesFrom", { known: formatCount(of.bins_known), bins: formatCount(of.bins) })}</span></p>
      {alone === null ? <p className="quiet">{t("plan.noPace")}</p> : <p>{t("plan.alone", { time: alone })}{shared === null ? null : ` · ${t("plan.shared", { time: shared, people: formatCount(of.people) })}`}</p>}
      {of.people ? null : <p className="wait-text">{t("plan.nobody")}</p>}
    </div>
  );
}
