import type { CountSummary, Permission, Today as TodayData } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api } from "../app/server";
import { useMay, useSession } from "../app/session";
import { word } from "../app/words";
import { Freezes } from "../parts/Freezes";
import { Lanes } from "../parts/Lanes";
import { Head, Panel } from "../parts/layout";
import { Progress } from "../parts/Progress";
import { Forbidden, Load } from "../parts/states";
import { State } from "../parts/tags";
import { Code, Money } from "../parts/values";

const Trend = lazy(() => import("../parts/Trend"));

type Waiting = keyof TodayData["waiting"];

const WAITING: { kind: Waiting; to: string; needs: Permission }[] = [
  { kind: "approvals", to: "/approvals", needs: "line.approve" },
  { kind: "signatures", to: "/approvals", needs: "line.approve" },
  { kind: "recounts", to: "/recounts", needs: "line.recount" },
  { kind: "quarantine", to: "/quarantine", needs: "quarantine.view" },
  { kind: "zones", to: "/", needs: "count.view" },
  { kind: "deliveries", to: "/deliveries?state=unknown,rejected,needs_review", needs: "delivery.view" },
];

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const name = useSession().data?.user?.name;
  const today = useQuery({ queryKey: ["today"], queryFn: api.today, enabled: may("count.view") });
  return (
    <>
      <Head title={t("today.title")} below={name ? t("today.hello", { name }) : null} />
      {may("count.view") ? <Load of={today} rows={10}>{(data) => <Everything data={data} />}</Load> : <Forbidden />}
    </>
  );
}

function Everything({ data }: { data: TodayData }) {
  const { t } = useTranslation();
  const may = useMay();
  if (!data.counts.length && !data.links.length) return <FirstSteps />;
  return (
    <div className="stack">
      <WaitingStrip waiting={data.waiting} />
      <Freezes rows={data.frozen} counts />
      <div className="split split-wide">
        <Panel title={t("today.counts")} flush side={<Link to="/counts">{t("today.allCounts")}</Link>}>
          {data.counts.length ? data.counts.map((count) => <CountRow key={count.number} count={count} />) : <p className="panel-empty">{t("today.noCounts")}</p>}
        </Panel>
        <Panel title={t("today.accuracy")} note={t("today.accuracyNote")}>
          {data.accuracy.length ? <Suspense fallback={<div style={{ height: 220 }} />}><Trend points={data.accuracy} /></Suspense> : <p className="panel-empty">{t("today.noAccuracy")}</p>}
        </Panel>
      </div>
      {data.links.map((link) => (
        <Panel key={link.code} title={link.name} note={t("today.link")}>
          <Lanes link={link} to={(flow) => (may("link.view") ? `/links?link=${link.code}&flow=${flow}` : `/deliveries?flow=${flow}`)} />
        </Panel>
      ))}
    </div>
  );
}

function WaitingStrip({ waiting }: { waiting: TodayData["waiting"] }) {
  const { t } = useTranslation();
  const may = useMay();
  const mine = WAITING.filter(({ needs }) => may(needs));
  if (!mine.length) return null;
  const busy = mine.some(({ kind }) => waiting[kind] > 0);
  return (
    <section className="waiting" aria-label={t("today.waiting")}>
      <h2>{busy ? t("today.waiting") : t("today.nothingWaits")}</h2>
      <div className="waiting-row">
        {mine.map(({ kind, to }) => (
          <Link key={kind} to={to} className={`waiting-one ${waiting[kind] ? "waiting-some" : ""}`}>
            <span className="waiting-number num">{formatCount(waiting[kind])}</span>
            <span className="waiting-name">{t(`today.${kind}`)}</span>
          </Link>
        ))}
      </div>
    </section>
  );
}

function CountRow({ count }: { count: CountSummary }) {
  const { t } = useTranslation();
  return (
    <Link to={`/counts/${count.number}`} className="count-row">
      <div className="count-row-name">
        <b>{count.name}</b>
        <span className="quiet small"><Code>{count.number}</Code> · {word("countKind", count.kind)} · {count.warehouses.map(({ name }) => name).join(t("list.comma"))}</span>
      </div>
      <State of="countState" code={count.state} />
      <Progress of={count} />
      <span className="count-row-net"><Money value={count.net} signed /></span>
    </Link>
  );
}

function FirstSteps() {
  const { t } = useTranslation();
  return (
    <Panel>
      <div className="first-steps">
        <h2>{t("today.firstTitle")}</h2>
        <ol>
          <li><b>{t("today.first1")}</b><p>{t("today.first1Text")}</p><code>countbridge link apply ./my-link</code></li>
          <li><b>{t("today.first2")}</b><p>{t("today.first2Text")}</p></li>
          <li><b>{t("today.first3")}</b><p>{t("today.first3Text")}</p><a href="/pda">/pda</a></li>
        </ol>
      </div>
    </Panel>
  );
}
