import { add, formatMoney, signOf } from "@shared/decimal";
import type { Decision, Line, Page } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useKeys } from "../app/keys";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { type May, useMay } from "../app/session";
import { CauseFilter } from "../parts/CauseFilter";
import { CountFilter } from "../parts/CountFilter";
import { DecisionDialog } from "../parts/DecisionDialog";
import { Head, Panel } from "../parts/layout";
import { LineDrawer } from "../parts/LineDrawer";
import { useLineColumns } from "../parts/lineColumns";
import { Pager } from "../parts/Pager";
import { Signatures } from "../parts/Signatures";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";
import { transfersOf } from "../parts/transfer";
import { Money, tone } from "../parts/values";

const SIZE = 100;

type Approvals = Page<Line> & { gain: string | null; loss: string | null; net: string | null };

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const query = { count: get("count"), sort: get("sort"), cause: get("cause"), offset, limit };
  const approvals = useQuery({ queryKey: ["approvals", query], queryFn: () => api.approvals(query), placeholderData: keepPreviousData, enabled: may("line.approve") });
  if (!may("line.approve")) return <Forbidden />;
  return (
    <>
      <Head title={t("approvals.title")} below={t("approvals.lead")} actions={<><CauseFilter value={query.cause} change={(cause) => set({ cause })} /><CountFilter value={query.count} change={(count) => set({ count })} /></>} />
      <Waiting count={query.count} />
      <Load
        of={approvals}
        rows={12}
        isEmpty={({ total }) => total === 0}
        empty={query.cause ? <Notice mark="empty" title={t("table.noneFound")}>{t("table.noneFoundNext")}</Notice> : <Notice mark="empty" title={t("approvals.none")}>{t("approvals.noneNext")}</Notice>}
      >
        {(data) => <Inbox key={`${query.count}/${query.cause}/${page}`} data={data} page={page} />}
      </Load>
    </>
  );
}

/** Signatures come first: a whole count stands still until it has them. */
function Waiting({ count }: { count: string | undefined }) {
  const { t } = useTranslation();
  const signoffs = useQuery({ queryKey: ["signoffs"], queryFn: api.signoffs });
  const rows = (signoffs.data?.rows ?? []).filter((one) => !count || one.count === count);
  if (signoffs.data && !rows.length) return null;
  return (
    <Panel title={t("sign.waiting")} note={t("sign.waitingNote")} flush className="panel-above">
      <Load of={signoffs} rows={2}>{() => <Signatures rows={rows} named />}</Load>
    </Panel>
  );
}

const KEYS: Record<Decision, string> = { approve: "a", transfer: "t", recount: "r", keep_book: "b" };

function decisionsFor(may: May): Decision[] {
  return [...(may("line.approve") ? ["approve" as const, "transfer" as const] : []), ...(may("line.recount") ? ["recount" as const] : []), ...(may("line.approve") ? ["keep_book" as const] : [])];
}

function Inbox({ data, page }: { data: Approvals; page: number }) {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const [picked, setPicked] = useState<ReadonlySet<Line["id"]>>(new Set());
  const [cursor, setCursor] = useState<Line | null>(null);
  const [dialog, setDialog] = useState<{ decision: Decision; lines: Pick<Line, "id" | "variance">[] } | null>(null);
  const columns = useApprovalColumns();
  const present = data.rows.filter(({ id }) => picked.has(id));
  const chosen = new Set(present.map(({ id }) => id));
  const decide = (decision: Decision): void => {
    const standing = data.rows.filter(({ id }) => id === cursor?.id);
    const meant = present.length ? present : standing;
    const lines = decision === "transfer" ? transfersOf(meant) : meant;
    if (lines.length) setDialog({ decision, lines });
  };
  const decisions = decisionsFor(may);
  useKeys(Object.fromEntries(decisions.map((decision) => [KEYS[decision], () => decide(decision)])));
  return (
    <>
      <DecisionBar data={data} present={present} decisions={decisions} decide={decide} clear={() => setPicked(new Set())} />
      <Panel flush>
        <Table
          keyboard
          label={t("approvals.title")}
          columns={columns}
          rows={data.rows}
          keyOf={({ id }) => id}
          selection={{ chosen, change: setPicked }}
          openKey={get("line")}
          open={({ id }) => set({ line: id })}
          cursor={(line) => {
            setCursor(line);
            if (get("line")) set({ line: line.id });
          }}
        />
        <Pager page={page} size={SIZE} total={data.total} go={(next) => set({ page: next })} />
      </Panel>
      <LineDrawer id={get("line")} close={() => set({ line: null })} />
      {dialog ? <DecisionDialog {...dialog} done={() => setPicked(new Set())} close={() => setDialog(null)} /> : null}
    </>
  );
}

function useApprovalColumns(): Column<Line>[] {
  const [get, set] = useParam();
  const { item, place, book, variance, value, why, counter } = useLineColumns();
  const sort = get("sort");
  const sorted = (column: Column<Line>, field: string): Column<Line> => ({
    ...column,
    sort: {
      active: sort === field ? "up" : sort === `-${field}` ? "down" : null,
      toggle: () => set({ sort: sort === `-${field}` ? field : sort === field ? null : `-${field}` }),
    },
  });
  return [item, sorted(place, "bin"), book, variance, sorted(value, "value"), why, sorted(counter, "counted_at")];
}

interface BarProps {
  data: Approvals;
  present: Line[];
  decisions: Decision[];
  decide: (decision: Decision) => void;
  clear: () => void;
}

/** What is chosen and what it is worth; the decisions beside it. */
function DecisionBar({ data, present, decisions, decide, clear }: BarProps) {
  const { t } = useTranslation();
  const values = present.flatMap(({ value }) => (value === null ? [] : [value]));
  const some = present.length > 0;
  const net = values.length ? add(...values) : null;
  const sum = (sign: 1 | -1): string => add("0", ...values.filter((value) => signOf(value) === sign));
  return (
    <div className="bar" role="region" aria-label={t("approvals.bar")}>
      <div className="bar-facts">
        <b className="num" role="status">{some ? t("approvals.chosen", { lines: formatCount(present.length) }) : t("approvals.waiting", { count: data.total, lines: formatCount(data.total) })}</b>
        <span>{t("value.gain")} <Money value={some ? sum(1) : data.gain} signed /></span>
        <span>{t("value.loss")} <Money value={some ? sum(-1) : data.loss} signed /></span>
        <span>{t("value.net")} <b className={`num ${tone(some ? net : data.net)}`}>{formatMoney(some ? (net ?? "0") : data.net, "CNY", true)}</b></span>
        {some ? <Button type="link" size="small" onClick={clear}>{t("approvals.clear")}</Button> : null}
      </div>
      <div className="bar-actions">
        {decisions.map((decision) => (
          <Button key={decision} type={decision === "approve" ? "primary" : "default"} disabled={!some || (decision === "transfer" && transfersOf(present).length === 0)} title={decision === "transfer" ? t("decide.transferHint") : undefined} onClick={() => decide(decision)}>
            {t(`decide.${decision}`)} <kbd>{KEYS[decision]}</kbd>
          </Button>
        ))}
      </div>
    </div>
  );
}
