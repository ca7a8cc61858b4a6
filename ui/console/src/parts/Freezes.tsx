import type { Freeze } from "@shared/model";
import { Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries } from "../app/server";
import { Panel } from "./layout";
import { ReasonDialog } from "./ReasonDialog";
import { type Column, Table } from "./Table";
import { Code, When } from "./values";

/** Zones a WMS keeps still for a count, those to be looked at marked; each can be lifted by hand, with a reason. */
export function Freezes({ rows, counts = false }: { rows: Freeze[]; counts?: boolean }) {
  const { t } = useTranslation();
  const [lifting, lift] = useState<Freeze | null>(null);
  if (!rows.length) return null;
  const columns: Column<Freeze>[] = [
    { id: "zone", name: t("sheets.zone"), cell: ({ warehouses, zone }) => <><span className="quiet">{warehouses.join(t("list.comma"))} /</span> {zone}</> },
    ...(counts ? [{ id: "count", name: t("freeze.count"), cell: ({ count }: Freeze) => <Link to={`/counts/${count}`}><Code>{count}</Code></Link> }] : []),
    { id: "state", name: t("freeze.state"), cell: ({ state, needs_people }) => <span className={needs_people ? "tag tag-bad" : "tag"}>{t(`freeze.state_${state}`)}</span> },
    { id: "since", name: t("freeze.since"), cell: ({ frozen_at, asked_at }) => <When at={frozen_at ?? asked_at} /> },
    { id: "says", name: t("freeze.says"), cell: ({ message, lifted_by, reason }) => message ?? (lifted_by ? `${lifted_by}: ${reason}` : "") },
    { id: "act", name: t("cadence.act"), cell: (one) => (one.may_lift ? <Button size="small" onClick={() => lift(one)}>{one.state === "refused" ? t("freeze.without") : t("freeze.lift")}</Button> : null) },
  ];
  return (
    <Panel title={t("freeze.title")} note={t("freeze.note")} flush>
      <Table label={t("freeze.title")} columns={columns} rows={rows} keyOf={({ id }) => id} />
      {lifting ? <LiftDialog of={lifting} close={() => lift(null)} /> : null}
    </Panel>
  );
}

function LiftDialog({ of, close }: { of: Freeze; close: () => void }) {
  const { t } = useTranslation();
  const [inWms, setInWms] = useState(false);
  const act = async (reason: string): Promise<void> => {
    await api.liftFreeze(of.id, reason, inWms);
    await queries.invalidateQueries({ predicate: ({ queryKey }) => ["today", "freezes", "count"].includes(String(queryKey[0])) });
  };
  return (
    <ReasonDialog
      title={t("freeze.liftTitle", { zone: of.zone })}
      confirm={of.state === "refused" ? t("freeze.without") : t("freeze.lift")}
      act={act}
      close={close}
      summary={(
        <>
          <p>{of.state === "refused" ? t("freeze.withoutSays", { zone: of.zone, count: of.count }) : t("freeze.liftSays", { zone: of.zone, count: of.count })}</p>
          {of.state === "stuck" ? <Checkbox checked={inWms} onChange={(event) => setInWms(event.target.checked)}>{t("freeze.inWms")}</Checkbox> : null}
        </>
      )}
    />
  );
}
