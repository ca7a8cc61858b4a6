import { formatShare } from "@shared/decimal";
import { type Count, type Cutoff, type CutoffDocument, type Work, type Zone, seesBook } from "@shared/model";
import { formatCount, formatDuration } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Progress as AntProgress } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { usePreferences } from "../../app/preferences";
import { api } from "../../app/server";
import { word } from "../../app/words";
import { Facts, Figure, Panel } from "../../parts/layout";
import { Progress } from "../../parts/Progress";
import { Signatures } from "../../parts/Signatures";
import { Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { Code, Money, Unseen, When } from "../../parts/values";
import { ruleSentence } from "../policies/sentences";
import { useCount } from "./Count";
import { Steps } from "./Steps";

const GainLoss = lazy(() => import("./GainLoss"));

export function Component() {
  const count = useCount();
  return (
    <div className="stack">
      {count.problem ? <p className="lead lead-bad" role="alert">{count.problem}</p> : null}
      <Panel><Steps steps={count.steps} /></Panel>
      {count.work ? <Preparing work={count.work} /> : null}
      <Figures count={count} />
      <Signed count={count} />
      <div className="split split-wide">
        <Zones count={count} />
        <Picture count={count} />
      </div>
      <Rules count={count} />
      <CutOff cutoff={count.cutoff} />
    </div>
  );
}

/** A large count takes a while to prepare: what is being done, how much of it is done, how long it may still take. */
function Preparing({ work }: { work: Work }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  const share = work.total ? Math.floor((work.done / work.total) * 100) : null;
  return (
    <Panel title={t("work.title")} note={t("work.note")}>
      <div className="progress" role="status">
        <span>{t(`work.${work.step}`)}{work.part ? <> <Code>{work.part}</Code></> : null}</span>
        {share === null ? null : <AntProgress percent={share} size="small" showInfo={false} aria-label={`${share}%`} />}
        <span className="progress-label num">
          {work.total ? `${formatCount(work.done)} / ${formatCount(work.total)}` : ""}
          {work.rows ? ` · ${t("work.rows", { rows: formatCount(work.rows) })}` : ""}
          {work.eta_seconds === null ? "" : ` · ${t("work.left", { time: formatDuration(work.eta_seconds, language) })}`}
        </span>
      </div>
    </Panel>
  );
}

/** Who signed, or has to, for the sum of the count. */
function Signed({ count }: { count: Count }) {
  const { t } = useTranslation();
  const asks = (count.policy.approval?.length ?? 0) > 0;
  const signoffs = useQuery({ queryKey: ["signoffs", count.number], queryFn: () => api.signoffsOf(count.number), enabled: asks });
  if (!asks || signoffs.data?.rows.length === 0) return null;
  return (
    <Panel title={t("sign.title")} note={t("sign.note")} flush>
      <Load of={signoffs} rows={2}>{({ rows }) => <Signatures rows={rows} currency={count.currency} />}</Load>
    </Panel>
  );
}

function Figures({ count }: { count: Count }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  const eta = count.progress.eta_seconds;
  const lines = (only: string): string => `/counts/${count.number}/lines?only=${only}`;
  return (
    <section className="figures panel" aria-label={t("count.figures")}>
      <Figure name={t("count.counted")} hint={eta ? t("count.eta", { time: formatDuration(eta, language) }) : null}>
        <span className="num">{formatCount(count.counted)}</span> <small className="quiet num">/ {formatCount(count.lines)}</small>
      </Figure>
      <Figure name={t("count.variances")}>
        {!seesBook(count) ? <Unseen /> : <Link className="num" to={lines("variance")}>{formatCount(count.variances)}</Link>}
      </Figure>
      <Figure name={t("count.toRecount")}><Link className="num" to={lines("recount")}>{formatCount(count.to_recount)}</Link></Figure>
      <Figure name={t("count.toApprove")}><Link className="num" to={lines("approve")}>{formatCount(count.to_approve)}</Link></Figure>
      <Figure name={t("value.gain")}><Money value={count.gain} currency={count.currency} signed /></Figure>
      <Figure name={t("value.loss")}><Money value={count.loss} currency={count.currency} signed /></Figure>
      <Figure name={t("value.net")}><Money value={count.net} currency={count.currency} signed /></Figure>
      <Figure name={t("count.accuracy")} hint={count.accuracy ? t("count.accuracyQuantity", { share: formatShare(count.accuracy.quantity) }) : null}>
        {count.accuracy ? <span className="num">{formatShare(count.accuracy.lines)}</span> : <Unseen />}
      </Figure>
    </section>
  );
}

function Zones({ count }: { count: Count }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const linesOf = (zone: Zone): string => `/counts/${count.number}/lines?zone=${encodeURIComponent(zone.zone)}`;
  const columns: Column<Zone>[] = [
    { id: "zone", name: t("zone.name"), cell: (zone) => <Link to={linesOf(zone)}><span className="quiet">{zone.warehouse} /</span> {zone.zone}</Link> },
    { id: "progress", name: t("zone.progress"), width: "220px", cell: (zone) => <Progress of={zone} /> },
    { id: "variance", name: t("zone.variances"), number: true, cell: (zone) => (!seesBook(zone) ? <Unseen /> : <span className="num">{formatCount(zone.variance_lines)}</span>) },
    { id: "recount", name: t("zone.recount"), number: true, cell: (zone) => <span className="num">{formatCount(zone.to_recount)}</span> },
    { id: "approve", name: t("zone.approve"), number: true, cell: (zone) => <span className="num">{formatCount(zone.to_approve)}</span> },
  ];
  return (
    <Panel title={t("zone.title")} flush side={<ProgressLegend />}>
      {count.zones.length ? (
        <Table label={t("zone.title")} columns={columns} rows={count.zones} keyOf={(zone) => `${zone.warehouse}/${zone.zone}`} open={(zone) => void navigate(linesOf(zone))} />
      ) : <Notice mark="empty" title={t("zone.none")}>{t("zone.noneNext")}</Notice>}
    </Panel>
  );
}

function ProgressLegend() {
  const { t } = useTranslation();
  return (
    <div className="legend">
      {(["final", "approve", "recount", "counted"] as const).map((kind) => (
        <span key={kind}><i className={`legend-box progress-${kind}`} /> {t(`progress.${kind}`)}</span>
      ))}
    </div>
  );
}

function Picture({ count }: { count: Count }) {
  const { t } = useTranslation();
  const zones = count.zones.filter(seesBook);
  return (
    <Panel title={t("picture.title")} note={t("picture.note")}>
      {zones.length ? (
        <Suspense fallback={<div style={{ height: 240 }} />}><GainLoss zones={zones} currency={count.currency} number={count.number} /></Suspense>
      ) : <p className="panel-empty">{count.zones.length ? t("value.unseen") : t("picture.none")}</p>}
    </Panel>
  );
}

function Rules({ count }: { count: Count }) {
  const { t } = useTranslation();
  const { percent, quantity, value } = count.policy.tolerance;
  return (
    <div className="split">
      <Panel title={t("policy.title")}>
        <Facts
          rows={[
            [t("policy.percent"), percent == null ? "—" : `${percent} %`],
            [t("policy.quantity"), quantity ?? "—"],
            [t("policy.value"), value == null ? "—" : <Money key="v" value={value} currency={count.currency} />],
            [t("policy.ambiguity"), t("policy.seconds", { seconds: count.policy.ambiguity_seconds })],
            [t("policy.within"), word("within", count.policy.within_tolerance)],
            [t("policy.uncounted"), word("uncounted", count.policy.uncounted)],
          ]}
        />
        {count.policy.rules?.length ? (
          <ol className="effects">{count.policy.rules.map((rule) => <li key={rule.name}><b>{rule.name}</b>: {ruleSentence(t, rule, count.policy, count.currency)}</li>)}</ol>
        ) : null}
      </Panel>
      <Panel title={t("count.documents")} note={t("count.documentsNote")}>
        {count.approvals.length ? (
          <ul className="documents">
            {count.approvals.map((one) => <li key={one.system_number}><Code>{one.system_number}</Code> <span className="quiet">{one.location}</span></li>)}
          </ul>
        ) : <p className="panel-empty">{t("count.noDocuments")}</p>}
      </Panel>
    </div>
  );
}

/** Which documents the snapshot ends with, and which the floor had carried out before the ERP booked them. */
function CutOff({ cutoff: { last, unbooked, unbooked_total: total } }: { cutoff: Cutoff }) {
  const { t } = useTranslation();
  if (last.length === 0) return null;
  const columns: Column<CutoffDocument & { lines?: number }>[] = [
    { id: "warehouse", name: t("cutoff.warehouse"), cell: (row) => <Code>{row.warehouse}</Code> },
    { id: "kind", name: t("cutoff.kind"), cell: (row) => word("movement", row.kind) },
    { id: "document", name: t("cutoff.document"), cell: (row) => <Code>{row.document}</Code> },
    { id: "occurred", name: t("cutoff.occurred"), cell: (row) => <When at={row.occurred} seconds /> },
  ];
  const keyOf = (row: CutoffDocument): string => `${row.warehouse}/${row.kind}/${row.document}`;
  return (
    <div className="split">
      <Panel title={t("cutoff.title")} note={t("cutoff.note")} flush>
        <Table label={t("cutoff.title")} columns={columns} rows={last} keyOf={keyOf} />
      </Panel>
      <Panel title={t("cutoff.unbooked")} note={total > unbooked.length ? t("cutoff.first", { shown: formatCount(unbooked.length), total: formatCount(total) }) : t("cutoff.unbookedNote")} flush>
        {unbooked.length ? <Table label={t("cutoff.unbooked")} columns={columns} rows={unbooked} keyOf={keyOf} /> : <p className="panel-empty">{t("cutoff.allBooked")}</p>}
      </Panel>
    </div>
  );
}
