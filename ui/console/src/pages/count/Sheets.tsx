import type { Person, Sheet } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Button, Segmented, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useParam } from "../../app/params";
import { api, queries } from "../../app/server";
import { useMay } from "../../app/session";
import { Panel } from "../../parts/layout";
import { Load, Notice, useSentence } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { Code } from "../../parts/values";
import { BalanceDialog } from "./BalanceDialog";
import { useCount } from "./Count";

const SHOWN: Record<string, (sheet: Sheet) => boolean> = {
  unassigned: ({ assignee }) => assignee === null,
  recount: ({ pass, at_once }) => pass > 1 && !at_once,
  unfinished: ({ state }) => state === "open" || state === "counting",
};

export function Component() {
  const { t } = useTranslation();
  const count = useCount();
  const may = useMay();
  const [get, set] = useParam();
  const sheets = useQuery({ queryKey: ["sheets", count.number], queryFn: () => api.sheets(count.number) });
  const mayAssign = may("count.assign") && !["closed", "cancelled"].includes(count.state);
  const people = useQuery({ queryKey: ["people", count.number], queryFn: () => api.people(count.number), enabled: mayAssign, staleTime: 60_000 });
  const shown = get("shown") ?? "";
  const [balancing, setBalancing] = useState(false);
  return (
    <Load of={sheets} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("sheets.none")}>{t("sheets.noneNext")}</Notice>}>
      {({ rows }) => {
        const kept = rows.filter(SHOWN[shown] ?? (() => true));
        return (
          <>
            <div className="filters">
              <Segmented
                aria-label={t("sheets.shown")}
                value={shown}
                onChange={(value) => set({ shown: value })}
                options={[{ value: "", label: `${t("sheets.all")} ${rows.length}` }, ...Object.entries(SHOWN).map(([key, test]) => ({ value: key, label: `${t(`sheets.${key}`)} ${rows.filter(test).length}` }))]}
              />
              {mayAssign && count.state === "counting" ? <Button size="small" onClick={() => setBalancing(true)}>{t("balance.open")}</Button> : null}
            </div>
            {balancing ? <BalanceDialog number={count.number} close={() => setBalancing(false)} /> : null}
            <Panel flush>
              {kept.length ? <SheetTable rows={kept} people={mayAssign ? (people.data?.rows ?? []) : null} number={count.number} /> : <Notice mark="empty" title={t("table.noneFound")} />}
            </Panel>
          </>
        );
      }}
    </Load>
  );
}

function SheetTable({ rows, people, number }: { rows: Sheet[]; people: Person[] | null; number: string }) {
  const { t } = useTranslation();
  const columns: Column<Sheet>[] = [
    { id: "number", name: t("sheets.number"), cell: (sheet) => <Code>{sheet.number}</Code> },
    { id: "zone", name: t("sheets.zone"), cell: (sheet) => <Link to={`/counts/${number}/lines?zone=${encodeURIComponent(sheet.zone)}`}><span className="quiet">{sheet.warehouse} /</span> {sheet.zone}</Link> },
    { id: "pass", name: t("sheets.pass"), cell: (sheet) => (sheet.at_once ? t("line.secondPass") : sheet.pass > 1 ? <span className="tag tag-wait">{t("line.recountPass", { pass: sheet.pass })}</span> : t("line.firstPass")) },
    { id: "skills", name: t("sheets.skills"), cell: (sheet) => sheet.skills.map((skill) => <span key={skill} className="tag">{skill}</span>) },
    { id: "with", name: t("sheets.with"), cell: (sheet) => (sheet.counted_with === "pda" ? t("line.pda") : t("line.wms")) },
    { id: "state", name: t("sheets.state"), cell: (sheet) => <State of="sheetState" code={sheet.state} /> },
    { id: "lines", name: t("sheets.lines"), number: true, cell: (sheet) => <span className="num">{formatCount(sheet.counted)} / {formatCount(sheet.lines)}</span> },
    { id: "assignee", name: t("sheets.assignee"), width: "220px", cell: (sheet) => <Assignee sheet={sheet} people={people} /> },
  ];
  return <Table label={t("count.sheets")} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}

function Assignee({ sheet, people }: { sheet: Sheet; people: Person[] | null }) {
  const { t } = useTranslation();
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const [busy, setBusy] = useState(false);
  if (!people || sheet.state === "submitted" || sheet.state === "closed") return sheet.assignee ?? <span className="wait-text">{sheet.waits ?? t("sheets.nobody")}</span>;
  const assign = async (assignee: string): Promise<void> => {
    setBusy(true);
    try {
      await api.assign(sheet.id, assignee);
      message.success(t("sheets.assigned", { number: sheet.number, name: people.find(({ username }) => username === assignee)?.name ?? assignee }));
      await queries.invalidateQueries({ queryKey: ["sheets"] });
    } catch (error) {
      message.error(sentence(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
    {sheet.waits ? <div className="wait-text small">{sheet.waits}</div> : null}
    <Select
      showSearch={{ optionFilterProp: "label" }}
      size="small"
      style={{ width: "100%" }}
      loading={busy}
      disabled={busy}
      value={sheet.assignee ?? undefined}
      placeholder={t("sheets.nobody")}
      aria-label={t("sheets.assignTo", { number: sheet.number })}
      options={people.map(({ username, name }) => ({ value: username, label: name === username ? name : `${name} · ${username}` }))}
      onChange={(value: string) => void assign(value)}
    />
    </>
  );
}
