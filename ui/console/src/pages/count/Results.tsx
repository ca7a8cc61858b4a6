import { addresses } from "@shared/api";
import { formatShare, signOf } from "@shared/decimal";
import type { Breakdown, Count, Measured, ResultGroup, Results } from "@shared/model";
import { formatCount } from "@shared/time";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { pageOf, useParam } from "../../app/params";
import { api } from "../../app/server";
import { Figure, Panel } from "../../parts/layout";
import { Pager } from "../../parts/Pager";
import { Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { Money, Quantity, tone } from "../../parts/values";
import { useCount } from "./Count";

const ResultChart = lazy(() => import("./ResultChart"));

const BREAKDOWNS: readonly Breakdown[] = ["warehouse", "zone", "class", "person", "outcome", "reason", "cause"];
const SIZE = 50;

export type Amounts = "value" | "quantity";

/** How right the books were, in total and by what people ask for; and the files to keep and to sign. */
export function Component() {
  const { t } = useTranslation();
  const count = useCount();
  const [get, set] = useParam();
  const by = BREAKDOWNS.find((one) => one === get("by")) ?? "zone";
  const amounts: Amounts = get("of") === "quantity" ? "quantity" : "value";
  const cancelled = count.state === "cancelled";
  const { page, offset, limit } = pageOf(get, SIZE);
  const results = useQuery({
    queryKey: ["results", count.number, by, offset],
    queryFn: () => api.results(count.number, { by, offset, limit }),
    placeholderData: keepPreviousData,
  });
  return (
    <Load
      of={results}
      rows={12}
      isEmpty={(data) => data.total.counted === 0}
      empty={<Notice mark="empty" title={t("results.none")}>{t("results.noneNext")}</Notice>}
    >
      {(data) => (
        <div className="stack">
          {data.draft ? <p className="lead">{t(cancelled ? "results.cancelled" : "results.draft")}</p> : null}
          {data.partial ? <p className="lead">{t("results.partial", { warehouses: data.warehouses.join(t("list.comma")) })}</p> : null}
          <Files count={count} />
          <Figures data={data} />
          <div className="filters">
            <Segmented
              aria-label={t("results.breakdown")}
              value={by}
              onChange={(value) => set({ by: value })}
              options={BREAKDOWNS.map((one) => ({ value: one, label: t(`results.by_${one}`) }))}
            />
            <Segmented
              aria-label={t("results.amounts")}
              value={amounts}
              onChange={(value) => set({ of: value })}
              options={(["value", "quantity"] as const).map((one) => ({ value: one, label: t(`results.of_${one}`) }))}
            />
          </div>
          <Picture data={data} amounts={amounts} />
          <Groups data={data} amounts={amounts} />
          <Pager page={page} size={SIZE} total={data.groups} go={(next) => set({ page: next })} />
        </div>
      )}
    </Load>
  );
}

function Files({ count }: { count: Count }) {
  const { t } = useTranslation();
  const languages = [["zh", "中文"], ["en", "English"]] as const;
  return (
    <div className="filters">
      {(["xlsx", "pdf"] as const).map((kind) => languages.map(([language, name]) => (
        <a key={kind + language} className="button-link" href={addresses.results(count.number, kind, language)} lang={language} download>
          {t(`results.file_${kind}`)} · {name}
        </a>
      )))}
      <span className="quiet small">{t("results.files")}</span>
    </div>
  );
}

function Figures({ data: { total, currency } }: { data: Results }) {
  const { t } = useTranslation();
  const { quantity, value } = total;
  const lines = t("results.linesOf", { accurate: formatCount(total.accurate), counted: formatCount(total.counted) });
  const unpriced = total.unpriced ? t("results.unpriced", { lines: formatCount(total.unpriced) }) : null;
  return (
    <section className="figures panel" aria-label={t("results.figures")}>
      <Figure name={t("results.iraLines")} hint={lines}><span className="num">{formatShare(total.accuracy)}</span></Figure>
      <Figure name={t("results.iraQuantity")} hint={t("results.matches", { lines: formatCount(total.matches) })}><span className="num">{formatShare(quantity.accuracy)}</span></Figure>
      <Figure name={t("results.iraValue")} hint={unpriced}><span className="num">{formatShare(value.accuracy)}</span></Figure>
      <Figure name={t("results.netShrinkage")} hint={t("results.ofQuantity", { share: formatShare(quantity.net_shrinkage) })}><span className="num">{formatShare(value.net_shrinkage)}</span></Figure>
      <Figure name={t("results.absoluteShrinkage")} hint={t("results.ofQuantity", { share: formatShare(quantity.absolute_shrinkage) })}><span className="num">{formatShare(value.absolute_shrinkage)}</span></Figure>
      <Figure name={t("value.gain")}><Money value={value.gain} currency={currency} signed /></Figure>
      <Figure name={t("value.loss")}><Money value={value.loss} currency={currency} signed /></Figure>
      <Figure name={t("value.net")}><Money value={value.net} currency={currency} signed /></Figure>
      {signOf(quantity.moved) === 0 ? null : <Figure name={t("value.moved")} hint={t("results.movedHint")}><Money value={value.moved} currency={currency} /></Figure>}
    </section>
  );
}

function Picture({ data, amounts }: { data: Results; amounts: Amounts }) {
  const { t } = useTranslation();
  return (
    <Panel title={t(`results.by_${data.by}`)} note={t("results.pictureNote")}>
      <Suspense fallback={<div style={{ height: 200 }} />}>
        <ResultChart groups={data.rows} amounts={amounts} currency={data.currency} />
      </Suspense>
    </Panel>
  );
}

function Groups({ data, amounts }: { data: Results; amounts: Amounts }) {
  const { t } = useTranslation();
  const money = amounts === "value";
  const amount = (id: keyof Measured, name: string, signed = false): Column<ResultGroup> => ({
    id, name, number: true,
    cell: (row) => (money ? <Money value={row.value[id]} currency={data.currency} signed={signed} /> : <Quantity value={row.quantity[id]} signed={signed} />),
  });
  const share = (id: "accuracy" | "net_shrinkage" | "absolute_shrinkage", name: string): Column<ResultGroup> => ({
    id, name, number: true, cell: (row) => <span className="num">{formatShare(row[amounts][id])}</span>,
  });
  const number = (id: "lines" | "counted" | "varying", name: string): Column<ResultGroup> => ({
    id, name, number: true, cell: (row) => <span className="num">{formatCount(row[id])}</span>,
  });
  const columns: Column<ResultGroup>[] = [
    { id: "name", name: t(`results.by_${data.by}`), cell: (row) => <span className="table-name"><Name count={data.count} by={data.by} row={row} /></span> },
    number("lines", t("results.lines")), number("counted", t("results.counted")), number("varying", t("results.varying")),
    { id: "ira", name: t("results.iraLines"), number: true, cell: (row) => <span className="num">{formatShare(row.accuracy)}</span> },
    share("accuracy", t(money ? "results.iraValue" : "results.iraQuantity")),
    amount("gain", t("value.gain"), true), amount("loss", t("value.loss"), true),
    { ...amount("net", t("value.net"), true), cell: (row) => <b className={tone(row[amounts].net)}>{amount("net", "", true).cell(row)}</b> },
    share("net_shrinkage", t("results.netShrinkage")), share("absolute_shrinkage", t("results.absoluteShrinkage")),
  ];
  return (
    <Panel flush title={t("results.table")} note={data.by === "reason" ? t("results.overlap") : undefined}>
      <Table label={t(`results.by_${data.by}`)} columns={columns} rows={data.rows} keyOf={(row) => row.key.join("/")} />
    </Panel>
  );
}

/** Where lines can be narrowed to the group, its name leads to them. */
function Name({ count, by, row }: { count: string; by: Breakdown; row: ResultGroup }) {
  if (by !== "zone") return <>{row.name}</>;
  const only = signOf(row.quantity.absolute) === 0 ? "" : "&only=variance";
  return <Link to={`/counts/${count}/lines?zone=${encodeURIComponent(row.key[1] ?? "")}${only}`}>{row.name}</Link>;
}
