import { signOf } from "@shared/decimal";
import { type Decision, type LineDetail, PARTS } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Button, Drawer } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api } from "../app/server";
import { type May, useMay } from "../app/session";
import { word } from "../app/words";
import { DecisionDialog } from "./DecisionDialog";
import { Derivation } from "./Derivation";
import { Facts } from "./layout";
import { Passes } from "./Passes";
import { useReasons } from "./reasons";
import { Serials } from "./Serials";
import { Load } from "./states";
import { Stories } from "./Stories";
import { State } from "./tags";
import { transferOf } from "./transfer";
import { Code, Quantity, When } from "./values";

interface LineDrawerProps {
  id: string | undefined;
  currency?: string | undefined;
  close: () => void;
}

/** How one line came to its variance, from the snapshot to what was posted. */
export function LineDrawer({ id, currency, close }: LineDrawerProps) {
  const { t } = useTranslation();
  const may = useMay();
  const line = useQuery({ queryKey: ["line", id], queryFn: () => api.line(id!), enabled: id !== undefined });
  const data = id === undefined ? undefined : line.data;
  return (
    <Drawer
      open={id !== undefined}
      onClose={close}
      size={620}
      mask={false}
      rootClassName="line-drawer"
      title={data ? <LineTitle line={data} /> : t("line.title")}
      footer={data && decisions(data, may).length ? <Actions line={data} close={close} /> : null}
    >
      {id === undefined ? null : <Load of={line} rows={12}>{(loaded) => <LineBody line={loaded} currency={currency} close={close} />}</Load>}
    </Drawer>
  );
}

function LineTitle({ line }: { line: LineDetail }) {
  return (
    <div className="line-title">
      <Code>{line.item}</Code> <span title={line.item_name}>{line.item_name}</span>
    </div>
  );
}

function LineBody({ line, currency, close }: { line: LineDetail; currency?: string | undefined; close: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack">
      <div className="tags">
        <State of="lineState" code={line.state} />
        {line.outcome ? <State of="outcome" code={line.outcome} /> : null}
      </div>
      {line.reasons.length ? <ul className="reasons">{line.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul> : null}
      <Facts
        rows={[
          [t("line.count"), <Link key="c" to={`/counts/${line.count}`}><Code>{line.count}</Code></Link>],
          [t("line.place"), <span key="p"><Code>{line.bin}</Code> <span className="quiet">{line.warehouse} / {line.zone}</span></span>],
          [line.tracking === "serial" ? t("line.serial") : t("line.lot"), <Code key="l">{line.lot}</Code>],
          ...PARTS.slice(1).filter((part) => line[part]).map((part): [string, React.ReactNode] => [t(`line.${part}`), <Code key={part}>{line[part]}</Code>]),
          ...(line.expires || line.label_expires ? [[t("line.expires"), <Expiry key="x" line={line} />] as [string, React.ReactNode]] : []),
          [t("line.erpLocation"), <Code key="e">{line.erp_location}</Code>],
          [t("line.assignee"), line.assignee ?? "—"],
          [t("line.pass"), line.pass > 1 ? t("line.recountPass", { pass: line.pass }) : t("line.firstPass")],
          [t("line.rule"), line.outcome === null ? "—" : (line.rule ?? t("line.policyItself"))],
          [t("line.class"), [line.item_class, line.abc].filter(Boolean).join(" · ") || "—"],
        ]}
      />
      <Passes line={line} done={close} />
      {line.tracking === "serial" ? <Serials key={`${line.item}/${line.bin}`} line={line} /> : null}
      <Stories line={line} explanation={line.explanation} />
      <Derivation line={line} currency={currency} />
      <Scans line={line} />
      <Decisions line={line} />
      <Postings line={line} />
    </div>
  );
}

function Expiry({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  return (
    <span>
      <span className="num">{line.expires ?? "—"}</span>
      {line.label_expires ? <> · {t("line.labelExpires")} <span className="num">{line.label_expires}</span></> : null}
      {line.expired ? <> <span className="tag tag-bad">{t("line.expired")}</span></> : null}
    </span>
  );
}

function Scans({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  return (
    <section className="drawer-part">
      <h3>{t("line.scans")}</h3>
      {line.scans.length === 0 ? <p className="quiet">{t("line.noScans")}</p> : (
        <table className="table table-small">
          <thead><tr><th>{t("line.who")}</th><th>{t("line.countedAt")}</th><th>{t("line.passShort")}</th><th>{t("line.with")}</th><th className="right">{t("line.quantity")}</th></tr></thead>
          <tbody>
            {line.scans.map((scan) => (
              <tr key={scan.id} className={scan.undone ? "undone" : ""}>
                <td>{scan.counter}{scan.set_aside ? <span className="tag tag-plain">{word("setAside", scan.set_aside)}</span> : scan.undone ? <span className="tag tag-plain">{t("line.undone")}</span> : null}{scan.expires ? <div className="small quiet">{t("line.labelExpires")} {scan.expires}</div> : null}{scan.note ? <div className="small quiet">{scan.note}</div> : null}</td>
                <td><When at={scan.counted_at} seconds /></td>
                <td className="num">{scan.pass}</td>
                <td>{scan.source === "pda" ? t("line.pda") : t("line.wms")}</td>
                <td className="right">
                  <Quantity value={scan.quantity} unit={scan.unit} />
                  {scan.unit === line.unit ? null : <span className="quiet"> = <Quantity value={scan.base} unit={line.unit} /></span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Decisions({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  const { nameOf } = useReasons();
  if (!line.decisions.length) return null;
  return (
    <section className="drawer-part">
      <h3>{t("line.decisions")}</h3>
      <ul className="plain-list">
        {line.decisions.map((one) => (
          <li key={one.at + one.decision}>
            <b>{word("decision", one.decision)}</b> · {one.user} · <When at={one.at} seconds />
            {one.taken_pass === null ? null : <> · {t("passes.taken", { pass: one.taken_pass })}</>}
            {one.reason_code ? <p className="quote"><b>{nameOf(one.reason_code)}</b></p> : null}
            {one.reason ? <p className="quote">{one.reason}</p> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Postings({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  const may = useMay();
  if (!line.postings.length) return null;
  return (
    <section className="drawer-part">
      <h3>{t("line.postings")}</h3>
      <table className="table table-small">
        <tbody>
          {line.postings.map((one) => (
            <tr key={`${one.system}${one.delivery}`}>
              <td>{one.system.toUpperCase()}</td>
              <td><State of="deliveryState" code={one.state} /></td>
              <td><Code>{one.remote_id}</Code></td>
              <td className="right"><Quantity value={one.quantity} unit={line.unit} signed /></td>
              <td className="right">{one.delivery !== null && may("delivery.view") ? <Link to={`/deliveries/${one.delivery}`}>{t("line.delivery")}</Link> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What the reader may decide about the line as it stands. */
function decisions(line: LineDetail, may: May): Decision[] {
  if (line.state !== "approve" && line.state !== "hold") return [];
  const approve = may("line.approve");
  // A line on hold has a movement nobody knows: its variance may not be posted.
  const post = approve && line.state === "approve";
  return [...(post ? ["approve" as const] : []), ...(post && transferOf(line).length ? ["transfer" as const] : []), ...(may("line.recount") ? ["recount" as const] : []), ...(approve && signOf(line.variance) !== 0 ? ["keep_book" as const] : [])];
}

function Actions({ line, close }: { line: LineDetail; close: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const [decision, setDecision] = useState<Decision | null>(null);
  return (
    <div className="drawer-actions">
      {decisions(line, may).map((one) => (
        <Button key={one} type={one === "approve" ? "primary" : "default"} onClick={() => setDecision(one)}>{t(`decide.${one}`)}</Button>
      ))}
      {decision ? <DecisionDialog lines={decision === "transfer" ? transferOf(line) : [line]} decision={decision} done={close} close={() => setDecision(null)} /> : null}
    </div>
  );
}
