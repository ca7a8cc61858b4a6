import type { DeliveryDetail } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Button } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, queries } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { Facts, Head, Panel } from "../parts/layout";
import { Raw } from "../parts/Raw";
import { ReasonDialog } from "../parts/ReasonDialog";
import { ReviewForm, Reviews } from "../parts/ReviewForm";
import { Forbidden, Load } from "../parts/states";
import { State } from "../parts/tags";
import { Code, When } from "../parts/values";

/** A person may ask again for what ended without success; nothing is written before it was looked for. */
const RESENDABLE = new Set(["rejected", "intent", "unknown"]);

export function Component() {
  const may = useMay();
  const { id = "" } = useParams();
  const delivery = useQuery({ queryKey: ["delivery", id], queryFn: () => api.delivery(id), enabled: may("delivery.view") });
  if (!may("delivery.view")) return <Forbidden />;
  return <Load of={delivery} rows={12}>{(data) => <Detail of={data} />}</Load>;
}

function Detail({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  return (
    <>
      <Head
        title={`${word("deliveryKind", of.kind)} → ${of.system}`}
        above={<><Link to="/deliveries">{t("deliveries.title")}</Link> / <Code>{of.key}</Code></>}
        below={<State of="deliveryState" code={of.state} />}
        actions={<Resend of={of} />}
      />
      <div className="stack">
        {of.message ? <p className="lead lead-bad" role="alert">{of.message}{of.code ? <> <Code>{of.code}</Code></> : null}{of.for_administrators ? <> <b>{t("outbox.forAdministrators")}</b></> : null}</p> : null}
        <div className="split split-wide">
          <div className="stack"><ReviewForm of={of} /><Reviews of={of} /><Tries of={of} /></div>
          <Panel title={t("delivery.facts")}>
            <Facts
              rows={[
                [t("deliveries.flow"), <Link key="f" to={`/deliveries?flow=${of.flow}`}>{of.flow} {word("flow", of.flow)}</Link>],
                [t("deliveries.count"), of.count ? <Link key="c" to={`/counts/${of.count}`}><Code>{of.count}</Code></Link> : "—"],
                [t("deliveries.key"), <Code key="k">{of.key}</Code>],
                [t("deliveries.remote"), <Code key="r">{of.remote_id}</Code>],
                [t("deliveries.lines"), formatCount(of.lines)],
                [t("delivery.created"), <When key="a" at={of.created_at} seconds />],
                [t("delivery.settled"), <When key="s" at={of.settled_at} seconds />],
                ...(of.next_try_at ? [[t("outbox.nextTry"), <When key="n" at={of.next_try_at} seconds />] as [string, ReactNode]] : []),
                ...(of.behind ? [[t("outbox.behind"), formatCount(of.behind)] as [string, ReactNode]] : []),
              ]}
            />
          </Panel>
        </div>
        <Outcomes of={of} />
        <Panel title={t("delivery.payload")} note={t("delivery.payloadNote")}><Raw value={of.payload} /></Panel>
      </div>
    </>
  );
}

/** An HTTP status, or our word for what happened instead of one. */
function outcome(code: string): string {
  return /^\d{3}$/.test(code) ? `HTTP ${code}` : word("tryOutcome", code);
}

/** Bytes as people read them. */
function size(bytes: number): string {
  return bytes < 1024 ? `${formatCount(bytes)} B` : `${formatCount(Math.round(bytes / 1024))} KB`;
}

function Tries({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("delivery.tries")} note={t("delivery.triesNote")}>
      {of.tries.length ? (
        <ol className="tries">
          {of.tries.map((one, index) => (
            <li key={index}>
              <details open={index === of.tries.length - 1}>
                <summary>
                  <b className="num">{one.number}.</b> {word("tryAction", one.action)} · <span>{outcome(one.outcome)}</span>
                  <span className="quiet num"> · <When at={one.started_at} seconds />{` · ${formatCount(one.ms)} ms · ↑ ${size(one.request_bytes)} ↓ ${size(one.response_bytes)}`}</span>
                </summary>
                <p className="small"><Code>{one.call}</Code></p>
                {one.cut ? <p className="quiet">{t("outbox.cut")}</p> : null}
                {one.request === null ? <p className="quiet">{t("outbox.forgotten")}</p> : (
                  <>
                    <h4>{t("delivery.request")}</h4>
                    {one.request === "" ? <p className="quiet">{t("outbox.noBody")}</p> : <Raw value={one.request} />}
                    <h4>{t("delivery.response")}</h4>
                    {one.response === "" ? <p className="quiet">{t("delivery.noResponse")}</p> : <Raw value={one.response} />}
                  </>
                )}
              </details>
            </li>
          ))}
        </ol>
      ) : <p className="panel-empty">{t("delivery.noTries")}</p>}
    </Panel>
  );
}

function Outcomes({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  const bad = of.outcomes.filter(({ ok }) => !ok);
  if (!of.outcomes.length) return null;
  return (
    <Panel title={t("delivery.outcomes")} note={t("delivery.outcomesNote", { good: formatCount(of.outcomes.length - bad.length), bad: formatCount(bad.length) })} flush={bad.length > 0}>
      {bad.length ? (
        <table className="table">
          <thead><tr><th>{t("delivery.line")}</th><th>{t("deliveries.message")}</th></tr></thead>
          <tbody>{bad.map((one) => <tr key={one.line}><td><Code>{String(one.line)}</Code></td><td>{one.message || "—"}</td></tr>)}</tbody>
        </table>
      ) : <p className="quiet">{t("delivery.allGood")}</p>}
    </Panel>
  );
}

function Resend({ of }: { of: DeliveryDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  const { message } = AntApp.useApp();
  const [asking, setAsking] = useState(false);
  if (!may("delivery.resend") || !RESENDABLE.has(of.state)) return null;
  const act = async (reason: string): Promise<void> => {
    await api.resend(of.id, reason);
    message.success(t("delivery.resent"));
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <>
      <Button type="primary" onClick={() => setAsking(true)}>{t("delivery.resend")}</Button>
      {asking ? (
        <ReasonDialog
          title={t("delivery.resendTitle")}
          summary={<p className="dialog-says">{t("delivery.resendSays")}</p>}
          confirm={t("delivery.resend")}
          act={act}
          close={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}
