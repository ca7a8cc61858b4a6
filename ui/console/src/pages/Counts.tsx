import { addresses } from "@shared/api";
import { type CountState, type CountSummary, seesBook } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useKeys } from "../app/keys";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { Head, Panel } from "../parts/layout";
import { Pager } from "../parts/Pager";
import { Progress } from "../parts/Progress";
import { Search } from "../parts/Search";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";
import { State } from "../parts/tags";
import { Code, Money, Unseen, When } from "../parts/values";

const SIZE = 50;
const STATES: CountState[] = ["approved", "preparing", "counting", "signing", "posting", "verifying", "differences", "closed", "cancelled", "failed"];

function useColumns(): Column<CountSummary>[] {
  const { t } = useTranslation();
  return [
    {
      id: "name", name: t("counts.name"), width: "240px", cell: (count) => (
        <>
          <Link to={`/counts/${count.number}`} className="strong">{count.name}</Link>
          <div className="quiet small"><Code>{count.number}</Code> · {word("countKind", count.kind)}{" · "}{word("countMode", count.mode)}</div>
        </>
      ),
    },
    { id: "state", name: t("counts.state"), width: "100px", cell: (count) => <State of="countState" code={count.state} /> },
    { id: "warehouses", name: t("counts.warehouses"), cell: (count) => <span title={count.warehouses.map(({ code }) => code).join(" ")}>{count.warehouses.map(({ name }) => name).join(t("list.comma"))}</span> },
    { id: "progress", name: t("counts.progress"), width: "170px", cell: (count) => <Progress of={count} /> },
    { id: "variances", name: t("counts.variances"), number: true, cell: (count) => (!seesBook(count) ? <Unseen /> : <span className="num">{formatCount(count.variances)}</span>) },
    { id: "net", name: t("counts.net"), number: true, cell: (count) => <Money value={count.net} signed /> },
    {
      id: "when", name: t("counts.when"), width: "130px", cell: (count) => (
        <>
          <When at={count.started_at ?? count.planned_at} />
          <div className="quiet small">{count.closed_at ? <>{t("counts.closedAt")} <When at={count.closed_at} /></> : t(count.started_at ? "counts.started" : "counts.planned")}</div>
        </>
      ),
    },
    { id: "responsible", name: t("counts.responsible"), cell: (count) => count.responsible ?? <span className="quiet">—</span> },
  ];
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const query = { state: get("state"), q: get("q"), offset, limit };
  const counts = useQuery({ queryKey: ["counts", query], queryFn: () => api.counts(query), placeholderData: keepPreviousData, enabled: may("count.view") });
  const columns = useColumns();
  useKeys({ n: () => void navigate("/counts/new") }, may("count.plan"));
  if (!may("count.view")) return <Forbidden />;
  const filtered = Boolean(query.state || query.q);
  return (
    <>
      <Head title={t("counts.title")} actions={<>
        <a className="button-link" href={addresses.countsCsv} download>{t("action.csv")}</a>
        {may("count.plan") ? <Link className="button-link button-main" to="/counts/new">{t("plan.new")} <kbd>n</kbd></Link> : null}
      </>} />
      <div className="filters">
        <Search value={query.q} change={(q) => set({ q })} label={t("counts.search")} />
        <Select
          allowClear
          value={query.state}
          placeholder={t("counts.anyState")}
          aria-label={t("counts.state")}
          style={{ width: 160 }}
          options={STATES.map((state) => ({ value: state, label: word("countState", state) }))}
          onChange={(state) => set({ state })}
        />
      </div>
      <Panel flush>
        <Load
          of={counts}
          isEmpty={({ rows }) => rows.length === 0}
          empty={filtered ? <Notice mark="empty" title={t("table.noneFound")}>{t("table.noneFoundNext")}</Notice> : <Notice mark="empty" title={t("counts.none")} action={may("count.plan") ? <Link to="/counts/new">{t("plan.new")}</Link> : null}>{t("counts.noneNext")}</Notice>}
        >
          {({ rows, total }) => (
            <>
              <Table keyboard label={t("counts.title")} columns={columns} rows={rows} keyOf={({ number }) => number} open={({ number }) => void navigate(`/counts/${number}`)} />
              <Pager page={page} size={SIZE} total={total} go={(next) => set({ page: next })} />
            </>
          )}
        </Load>
      </Panel>
    </>
  );
}
