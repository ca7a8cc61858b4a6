import { addresses } from "@shared/api";
import type { DriftRow } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { App as AntApp, Button, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { pageOf, useParam } from "../app/params";
import { api, queries } from "../app/server";
import { useMay } from "../app/session";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
import { ReasonDialog } from "../parts/ReasonDialog";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";
import { Parts } from "../parts/Parts";
import { Code, Quantity, When } from "../parts/values";

const SIZE = 50;
const STATES = ["open,repairing", "suspected", "repaired", "explained", "dismissed"] as const;
type Act = "repair" | "dismiss";

/** Keys on which the two books differ though nobody counts them. */
export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const links = useQuery({ queryKey: ["drift", "links"], queryFn: api.driftLinks, enabled: may("line.expected") });
  if (!may("line.expected")) return <Forbidden />;
  const state = get("state") ?? STATES[0];
  return (
    <Load of={links} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("links.none")}>{t("links.noneNext")}</Notice>}>
      {({ rows }) => {
        const link = rows.find(({ code }) => code === get("link")) ?? rows[0];
        if (!link) return null;
        const chosen = link.code;
        return (
          <>
            <Head
              title={t("drift.title")}
              below={t("drift.lead")}
              actions={
                <>
                  {rows.length > 1 ? <Select aria-label={t("drift.link")} value={chosen} onChange={(next) => set({ link: next })} options={rows.map(({ code, name, open }) => ({ value: code, label: `${name} (${formatCount(open)})` }))} /> : null}
                  <Select aria-label={t("drift.state")} value={state} onChange={(next) => set({ state: next })} popupMatchSelectWidth={false} options={STATES.map((one) => ({ value: one, label: t(`drift.states.${one.replace(",", "_")}`) }))} />
                  <Button href={addresses.driftCsv(chosen, state)}>{t("drift.export")}</Button>
                </>
              }
            />
            <Rows key={`${chosen}/${state}`} link={chosen} state={state} />
          </>
        );
      }}
    </Load>
  );
}

function Rows({ link, state }: { link: string; state: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const found = useQuery({ queryKey: ["drift", link, state, offset], queryFn: () => api.drift(link, { state, offset, limit }), placeholderData: keepPreviousData });
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const [act, setAct] = useState<Act | null>(null);
  const columns: Column<DriftRow>[] = [
    { id: "location", name: t("drift.location"), width: "130px", cell: (row) => <><Code>{row.location}</Code><div className="small quiet">{row.warehouse}</div></> },
    { id: "item", name: t("drift.item"), cell: (row) => <>{row.item_name}<div className="small quiet"><Code>{row.item}</Code><Parts of={row} /></div></> },
    { id: "erp", name: "ERP", number: true, cell: (row) => <Quantity value={row.erp} /> },
    { id: "wms", name: "WMS", number: true, cell: (row) => <Quantity value={row.wms} /> },
    { id: "gap", name: t("drift.gap"), number: true, cell: (row) => <><Quantity value={row.gap} signed />{row.value ? <div className="small quiet num">{row.value}</div> : null}</> },
    { id: "seen", name: t("drift.seen"), width: "150px", cell: (row) => <><When at={row.first_seen} /><div className="small quiet">{t("drift.last")} <When at={row.last_seen} ago /></div></> },
    { id: "state", name: t("drift.state"), cell: (row) => <>{t(`drift.states.${row.state}`)}{row.document ? <div className="small"><Code>{row.document}</Code></div> : null}{row.message ? <div className="small bad-text">{row.message}</div> : null}{row.reason ? <div className="small quiet">{row.decided_by} {row.reason}</div> : null}</> },
  ];
  return (
    <Load of={found} isEmpty={({ total }) => total === 0} empty={<Notice mark="empty" title={t("drift.none")}>{t("drift.noneNext")}</Notice>}>
      {(data) => {
        const open = new Set(data.rows.filter((row) => row.state === "open").map(({ id }) => id));
        const chosen = new Set([...picked].filter((id) => open.has(id)));
        const mayDecide = may("line.approve") && open.size > 0;
        return (
          <>
            {mayDecide ? (
              <div className="bar">
                <div className="bar-facts"><b className="num" role="status">{t("drift.chosen", { count: chosen.size, rows: formatCount(chosen.size) })}</b></div>
                <div className="bar-actions">
                  <Button disabled={!chosen.size} onClick={() => setAct("dismiss")}>{t("drift.dismiss")}</Button>
                  <Button type="primary" disabled={!chosen.size || !data.may_repair} title={data.may_repair ? undefined : t("drift.onlyReported")} onClick={() => setAct("repair")}>{t("drift.repair")}</Button>
                </div>
              </div>
            ) : null}
            <Panel flush>
              <Table keyboard label={t("drift.title")} columns={columns} rows={data.rows} keyOf={({ id }) => id} selection={mayDecide ? { chosen, change: setPicked } : undefined} />
              <Pager page={page} size={SIZE} total={data.total} go={(next) => set({ page: next })} />
            </Panel>
            {act ? <Decide act={act} link={link} ids={[...chosen]} close={() => setAct(null)} done={() => setPicked(new Set())} /> : null}
          </>
        );
      }}
    </Load>
  );
}

function Decide({ act, link, ids, close, done }: { act: Act; link: string; ids: number[]; close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const decide = async (reason: string): Promise<void> => {
    const taken = act === "repair" ? (await api.repairDrift(link, ids, reason)).repairing : (await api.dismissDrift(link, ids, reason)).dismissed;
    message.success(t(`drift.${act}Done`, { count: taken, rows: formatCount(taken) }));
    done();
    await queries.invalidateQueries({ queryKey: ["drift"] });
  };
  return (
    <ReasonDialog
      title={t(`drift.${act}Title`, { count: ids.length, rows: formatCount(ids.length) })}
      summary={<p className="dialog-says">{t(`drift.${act}Says`)}</p>}
      confirm={t(`drift.${act}`)}
      act={decide}
      close={close}
    />
  );
}
