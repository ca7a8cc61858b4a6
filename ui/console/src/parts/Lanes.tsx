import type { Flow, FlowCode, LinkHealth, SystemHealth } from "@shared/model";
import { formatCount } from "@shared/time";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { word } from "../app/words";
import { Code, When } from "./values";

/** Results travel from the WMS to the ERP, everything else the other way. */
const BACKWARDS: ReadonlySet<FlowCode> = new Set(["F4"]);

/** "99.9%", cut rather than rounded up: one failure in a million is not 100%. */
function rate({ success, failure }: Flow): string | null {
  const all = success + failure;
  return all ? `${Math.floor((success / all) * 1000) / 10}%` : null;
}

function health(flow: Flow): "bad" | "wait" | "good" | "idle" {
  if (flow.message !== null) return "bad";
  if (flow.backlog > 0 || flow.paused !== null) return "wait";
  return flow.last_run ? "good" : "idle";
}

function System({ side, of }: { side: "ERP" | "WMS"; of: SystemHealth }) {
  const { t } = useTranslation();
  const state = of.ok ? "good" : of.last_seen === null && of.message === null ? "idle" : "bad";
  return (
    <div className={`system system-${state}`}>
      <div className="system-side">{side}</div>
      <div className="system-name">{of.name}</div>
      <Code>{of.connector}</Code>
      <div className={`system-state system-state-${state}`}>
        <span aria-hidden="true">{state === "good" ? "✓" : state === "bad" ? "▲" : "○"}</span> {t(`link.system_${state}`)}
      </div>
      {of.last_seen ? <div className="quiet small">{t("link.lastSeen")} <When at={of.last_seen} ago /></div> : null}
      {of.calls ? <div className="quiet small">{t("outbox.lastHour", { calls: formatCount(of.calls), rate: of.success_rate ?? "—", p95: of.p95_ms === null ? "> 30,000" : formatCount(of.p95_ms) })}</div> : null}
      {of.breaker === "closed" ? null : <p className="system-message">{t("outbox.leftAlone")}{of.retry_at ? <> {t("outbox.nextTry")} <When at={of.retry_at} seconds /></> : null}</p>}
      {of.message ? <p className="system-message">{of.message}</p> : null}
    </div>
  );
}

function Lane({ flow, chosen, to }: { flow: Flow; chosen: boolean; to: string }) {
  const { t } = useTranslation();
  const state = health(flow);
  const percent = rate(flow);
  return (
    <Link to={to} className={`lane lane-${state} ${chosen ? "lane-chosen" : ""}`} aria-current={chosen ? "true" : undefined} preventScrollReset>
      <span className="lane-name"><b>{flow.flow}</b> {word("flow", flow.flow)}</span>
      <span className={`lane-line ${BACKWARDS.has(flow.flow) ? "lane-back" : ""}`} aria-hidden="true" />
      <span className="lane-facts num">
        <span title={t("link.lastRun")}>{flow.last_run ? <When at={flow.last_run} ago /> : t("link.never")}</span>
        <span className={`clip ${flow.paused === null ? "quiet" : "wait-text"}`} title={flow.cadence ?? undefined}>{flow.paused === null ? (flow.cadence ?? t("link.onEvent")) : t("link.paused")}</span>
        <span className={flow.backlog ? "wait-text" : "quiet"}>{t("link.backlog", { total: formatCount(flow.backlog) })}</span>
        <span className={flow.message ? "bad-text" : "quiet"} title={flow.message ?? undefined}>
          {percent ? t("link.success", { percent }) : t("link.noRuns")}
          {flow.failure ? ` · ${t("link.failures", { total: formatCount(flow.failure) })}` : ""}
        </span>
      </span>
      {flow.paused === null ? null : <span className="lane-paused">{t("link.pausedFor", { reason: flow.paused })}</span>}
      {flow.message ? <span className="lane-message">{flow.message}</span> : null}
    </Link>
  );
}

interface LanesProps {
  link: LinkHealth;
  chosen?: FlowCode | undefined;
  to: (flow: FlowCode) => string;
}

/** Two systems, and the five flows as lanes between them. */
export function Lanes({ link, chosen, to }: LanesProps) {
  return (
    <div className="lanes">
      <System side="ERP" of={link.erp} />
      <div className="lanes-middle">
        {link.flows.map((flow) => <Lane key={flow.flow} flow={flow} chosen={flow.flow === chosen} to={to(flow.flow)} />)}
      </div>
      <System side="WMS" of={link.wms} />
    </div>
  );
}
