import type { Signoff } from "@shared/model";
import { formatCount } from "@shared/time";
import { App as AntApp, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries } from "../app/server";
import { Figure } from "./layout";
import { ReasonDialog } from "./ReasonDialog";
import { type Column, Table } from "./Table";
import { State } from "./tags";
import { Code, Money, When } from "./values";

type Act = "sign" | "sendBack";

/** Who signs for the sum of a count's variances, and whether it is the reader. `named`: of several counts. */
export function Signatures({ rows, currency, named = false }: { rows: Signoff[]; currency?: string | undefined; named?: boolean }) {
  const { t } = useTranslation();
  const [doing, setDoing] = useState<{ act: Act; of: Signoff } | null>(null);
  const count: Column<Signoff> = {
    id: "count", name: t("sign.count"), cell: (one) => <><Link className="strong" to={`/counts/${one.count}`}>{one.count_name}</Link><div className="small"><Code>{one.count}</Code></div></>,
  };
  const columns: Column<Signoff>[] = [
    ...(named ? [count] : []),
    { id: "level", name: t("sign.level"), cell: (one) => <><b>{one.name}</b><div className="small quiet">{t("sign.levelNumber", { level: one.level })}</div></> },
    ...(named ? [] : [{ id: "outcome", name: t("sign.outcome"), cell: (one: Signoff) => <State of="signoffState" code={one.outcome} /> }]),
    {
      id: "net", name: t("sign.net"), number: true, cell: (one) => (
        <>
          <b><Money value={one.net} currency={currency} signed /></b>
          {one.unpriced ? <div className="small wait-text">{t("sign.unpriced", { count: one.unpriced, lines: formatCount(one.unpriced) })}</div> : null}
        </>
      ),
    },
    { id: "absolute", name: t("sign.absolute"), number: true, cell: (one) => <Money value={one.absolute} currency={currency} /> },
    { id: "due", name: t("sign.due"), cell: (one) => <Due of={one} /> },
    { id: "who", name: t("sign.who"), cell: (one) => <Who of={one} /> },
    { id: "act", name: t("sign.you"), cell: (one) => <Mine of={one} act={(act) => setDoing({ act, of: one })} /> },
  ];
  return (
    <>
      <Table label={t("sign.title")} columns={columns} rows={rows} keyOf={({ id }) => id} />
      {doing ? <SignDialog {...doing} currency={currency} close={() => setDoing(null)} /> : null}
    </>
  );
}

function Due({ of }: { of: Signoff }) {
  const { t } = useTranslation();
  if (of.outcome !== "waiting") return <span className="quiet">—</span>;
  return <div className="nowrap"><When at={of.due_at} />{of.overdue ? <div><span className="tag tag-bad">{t("sign.overdue")}</span></div> : null}</div>;
}

function Who({ of }: { of: Signoff }) {
  const { t } = useTranslation();
  if (of.user) return <>{of.user} · <When at={of.at} />{of.reason ? <p className="quote small">{of.reason}</p> : null}</>;
  return (
    <>
      {of.users.length ? of.users.join(t("list.comma")) : t("sign.anyApprover")}
      {of.substitutes.length ? <div className="small quiet">{t("sign.substitutes", { who: of.substitutes.join(t("list.comma")) })}</div> : null}
    </>
  );
}

function Mine({ of, act }: { of: Signoff; act: (act: Act) => void }) {
  const { t } = useTranslation();
  if (of.outcome !== "waiting") return <span className="quiet">—</span>;
  if (!of.may_sign) return <span className="small quiet">{of.why_not ?? "—"}</span>;
  return (
    <div className="row-actions">
      <Button size="small" type="primary" onClick={() => act("sign")}>{t("sign.sign")}</Button>
      <Button size="small" onClick={() => act("sendBack")}>{t("sign.sendBack")}</Button>
    </div>
  );
}

function SignDialog({ act, of, currency, close }: { act: Act; of: Signoff; currency?: string | undefined; close: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const perform = async (reason: string): Promise<void> => {
    await api[act](of.id, reason);
    message.success(t(`sign.${act}Done`, { level: of.name, count: of.count }));
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  return (
    <ReasonDialog
      title={t(`sign.${act}Title`, { level: of.name, number: of.count })}
      summary={
        <>
          <div className="figures figures-dialog">
            <Figure name={t("sign.net")}><Money value={of.net} currency={currency} signed /></Figure>
            <Figure name={t("sign.absolute")}><Money value={of.absolute} currency={currency} /></Figure>
            <Figure name={t("sign.unpricedLines")}><span className={`num ${of.unpriced ? "wait-text" : ""}`}>{formatCount(of.unpriced)}</span></Figure>
          </div>
          <p className="dialog-says">{t(`sign.${act}Says`)}</p>
          <p className="dialog-says"><Link to={`/counts/${of.count}/lines?only=variance&sort=value`}>{t("sign.lookAtLines")}</Link></p>
        </>
      }
      confirm={t(`sign.${act}`)}
      danger={act === "sendBack"}
      optional={act === "sign"}
      act={perform}
      close={close}
    />
  );
}
