import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Line } from "@shared/model";
import { pageOf, useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { CauseFilter } from "../parts/CauseFilter";
import { CountFilter } from "../parts/CountFilter";
import { Head, Panel } from "../parts/layout";
import { LineDrawer } from "../parts/LineDrawer";
import { useLineColumns } from "../parts/lineColumns";
import { Pager } from "../parts/Pager";
import { Forbidden, Load, Notice } from "../parts/states";
import { type Column, Table } from "../parts/Table";

const SIZE = 100;

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const [get, set] = useParam();
  const { page, offset, limit } = pageOf(get, SIZE);
  const query = { count: get("count"), cause: get("cause"), offset, limit };
  const recounts = useQuery({ queryKey: ["recounts", query], queryFn: () => api.recounts(query), placeholderData: keepPreviousData, enabled: may("line.recount") });
  const { item, place, book, variance, value, why, counter } = useLineColumns();
  const assignee: Column<Line> = {
    id: "assignee", name: t("recounts.assignee"), cell: (line) => (
      <>
        {line.assignee ?? <span className="wait-text">{t("sheets.nobody")}</span>}
        {may("count.assign") ? <div className="small"><Link to={`/counts/${line.count}/sheets?shown=recount`}>{t("recounts.assign")}</Link></div> : null}
      </>
    ),
  };
  if (!may("line.recount")) return <Forbidden />;
  const columns = may("line.expected") ? [item, place, book, variance, value, why, counter, assignee] : [item, place, why, counter, assignee];
  return (
    <>
      <Head title={t("recounts.title")} below={t("recounts.lead")} actions={<>{may("line.expected") ? <CauseFilter value={query.cause} change={(cause) => set({ cause })} /> : null}<CountFilter value={query.count} change={(count) => set({ count })} /></>} />
      <Panel flush>
        <Load of={recounts} rows={12} isEmpty={({ rows }) => rows.length === 0} empty={query.cause ? <Notice mark="empty" title={t("table.noneFound")}>{t("table.noneFoundNext")}</Notice> : <Notice mark="empty" title={t("recounts.none")}>{t("recounts.noneNext")}</Notice>}>
          {({ rows, total }) => (
            <>
              <Table keyboard label={t("recounts.title")} columns={columns} rows={rows} keyOf={({ id }) => id} openKey={get("line")} open={({ id }) => set({ line: id })} cursor={({ id }) => get("line") && set({ line: id })} />
              <Pager page={page} size={SIZE} total={total} go={(next) => set({ page: next })} />
            </>
          )}
        </Load>
      </Panel>
      <LineDrawer id={get("line")} close={() => set({ line: null })} />
    </>
  );
}
