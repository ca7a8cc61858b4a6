import { type Count, type Line, type LineFilter, partsOf, seesBook } from "@shared/model";
import { formatDecimal, formatMoney } from "@shared/decimal";
import { formatTime } from "@shared/time";
import type { CellClassParams, ColDef, GridApi, IDatasource, SortChangedEvent, ValueFormatterParams } from "ag-grid-community";
import { CellStyleModule, ColumnApiModule, InfiniteRowModelModule, ModuleRegistry, RowApiModule, RowSelectionModule, RowStyleModule, TooltipModule, themeQuartz } from "ag-grid-community";
import { AgGridReact } from "ag-grid-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onChanged } from "../../app/live";
import { usePreferences } from "../../app/preferences";
import { api as server } from "../../app/server";
import { Failed, Notice } from "../../parts/states";
import { StoryWord } from "../../parts/Stories";
import { State } from "../../parts/tags";
import { tone } from "../../parts/values";

ModuleRegistry.registerModules([InfiniteRowModelModule, CellStyleModule, RowStyleModule, RowSelectionModule, RowApiModule, ColumnApiModule, TooltipModule]);

const BLOCK = 200;

/** The tokens of shared/tokens.css, so that the grid follows light and dark by itself. */
const THEME = themeQuartz.withParams({
  backgroundColor: "var(--surface)", foregroundColor: "var(--ink)", borderColor: "var(--line)", headerBackgroundColor: "var(--raised)",
  headerTextColor: "var(--ink-2)", accentColor: "var(--accent)", rowHoverColor: "var(--accent-soft)", selectedRowBackgroundColor: "var(--accent-soft)",
  oddRowBackgroundColor: "var(--surface)", fontFamily: "inherit", fontSize: 13, headerFontSize: 13, headerFontWeight: 500, rowHeight: 36, headerHeight: 38,
  wrapperBorderRadius: 0, wrapperBorder: false, cellHorizontalPadding: 7, iconColor: "var(--ink-3)",
});

interface LineGridProps {
  count: Count;
  filter: LineFilter;
  sort: string | undefined;
  changeSort: (sort: string | null) => void;
  open: (id: string) => void;
  chosen: string | undefined;
  told: (total: number) => void;
}

type Cell = ValueFormatterParams<Line>;

/** In the views of what differs the likely explanation takes the place of who counted when; the drawer has both. */
function useColumns(count: Count, sort: string | undefined, differing: boolean): ColDef<Line>[] {
  const { t, i18n } = useTranslation();
  const { language } = usePreferences();
  const blind = !seesBook(count);
  return useMemo(() => {
    const quantity = ({ value }: Cell): string => (value == null ? "—" : formatDecimal(value as string));
    const number = (field: keyof Line & string, name: string, width: number, more: ColDef<Line> = {}): ColDef<Line> => ({
      field, headerName: name, width, type: "rightAligned", cellClass: "num right-cell", valueFormatter: quantity, ...more,
    });
    const signed = { cellClass: ({ value }: CellClassParams<Line>) => ["num", "right-cell", tone(value as string | null)] };
    const columns: ColDef<Line>[] = [
      { field: "bin", headerName: t("lines.bin"), width: 118, pinned: "left", cellClass: "code" },
      { field: "item", headerName: t("lines.item"), width: 72, cellClass: "code" },
      { field: "item_name", headerName: t("lines.itemName"), flex: 1, minWidth: 100, tooltipField: "item_name", sortable: false },
      {
        field: "lot", headerName: t("lines.lot"), width: 78, cellClass: "code",
        valueGetter: ({ data }) => (data ? partsOf(data).join(" · ") : "") || "—", tooltipValueGetter: ({ data }) => (data ? partsOf(data).join(" · ") : ""),
      },
      number("expected", t("lines.expected"), 78, { tooltipValueGetter: ({ value }) => (value == null ? t("value.unseen") : "") }),
      number("counted", t("lines.counted"), 100, { valueFormatter: ({ value, data }: Cell) => (value == null ? "—" : `${formatDecimal(value as string)} ${data?.unit ?? ""}`) }),
      number("variance", t("lines.varianceShort"), 74, { ...signed, valueFormatter: ({ value }: Cell) => (value == null ? "—" : formatDecimal(value as string, { signed: true })) }),
      number("value", t("lines.value"), 108, { ...signed, valueFormatter: ({ value }: Cell) => (value == null ? "—" : formatMoney(value as string, count.currency, true)) }),
      { field: "state", headerName: t("lines.state"), width: i18n.language === "en" ? 116 : 96, cellRenderer: ({ value }: { value?: string }) => <State of="lineState" code={value} /> },
      { field: "counter", headerName: t("lines.counter"), width: 70, valueFormatter: ({ value }) => (value as string | null) ?? "—" },
      { field: "counted_at", headerName: t("lines.countedAt"), width: 102, cellClass: "num", valueFormatter: ({ value }) => formatTime(value as string | null, language) },
    ];
    const explanation: ColDef<Line> = {
      field: "explanation", headerName: t("explain.filter"), width: 206, sortable: false,
      cellRenderer: ({ value }: { value?: Line["explanation"] }) => <StoryWord explanation={value} />,
      tooltipValueGetter: ({ data }) => data?.explanation?.stories.map(({ sentence }) => sentence).join(" / ") ?? "",
    };
    const shown = differing && !blind ? [...columns.filter(({ field: name }) => name !== "counter" && name !== "counted_at"), explanation] : columns;
    const [field, direction] = sort?.startsWith("-") ? [sort.slice(1), "desc" as const] : [sort, "asc" as const];
    // Who may not see the book sees no columns made of it either.
    const seen = shown.filter(({ field: name }) => !blind || (name !== "variance" && name !== "value"));
    return seen.map((column) => ({ ...column, ...(column.field === field && field ? { initialSort: direction } : {}) }));
    // The sort in the address is only where the grid starts; afterwards the grid says.
  }, [count.currency, blind, differing, t, language, i18n.language]);
}

/** 100,000 lines: only the blocks in view are fetched; the server sorts and filters. */
export function LineGrid({ count, filter, sort, changeSort, open, chosen, told }: LineGridProps) {
  const { t } = useTranslation();
  const grid = useRef<GridApi<Line>>(null);
  const [error, setError] = useState<unknown>(null);
  const [empty, setEmpty] = useState(false);
  const columns = useColumns(count, sort, filter.cause !== undefined || (filter.only !== undefined && filter.only !== "open"));
  const source: IDatasource = useMemo(() => ({
    getRows: (asked) => {
      const [first] = asked.sortModel;
      const order = first ? (first.sort === "desc" ? "-" : "") + first.colId : undefined;
      server.lines(count.number, { ...filter, ...(order && { sort: order }), offset: asked.startRow, limit: asked.endRow - asked.startRow }).then(
        ({ rows, total }) => {
          setError(null);
          setEmpty(total === 0);
          told(total);
          asked.successCallback(rows, total);
        },
        (failure: unknown) => {
          setError(failure);
          asked.failCallback();
        },
      );
    },
  }), [count.number, filter, told]);
  useEffect(() => onChanged(() => grid.current?.refreshInfiniteCache()), []);
  const sorted = ({ columns: changed, source: by, api }: SortChangedEvent<Line>): void => {
    if (by !== "uiColumnSorted" || !changed) return;
    const state = api.getColumnState().find((column) => column.sort);
    changeSort(state ? (state.sort === "desc" ? "-" : "") + state.colId : null);
  };
  return (
    <div className="grid-box panel">
      {error ? <div className="grid-over"><Failed error={error} retry={() => { setError(null); grid.current?.purgeInfiniteCache(); }} /></div> : null}
      {empty && !error ? <div className="grid-over"><Notice mark="empty" title={t("table.noneFound")}>{Object.keys(filter).length ? t("table.noneFoundNext") : t("lines.noneNext")}</Notice></div> : null}
      <AgGridReact<Line>
        theme={THEME}
        rowModelType="infinite"
        columnDefs={columns}
        datasource={source}
        cacheBlockSize={BLOCK}
        maxBlocksInCache={12}
        blockLoadDebounceMillis={60}
        rowBuffer={20}
        getRowId={({ data }) => String(data.id)}
        defaultColDef={{ sortable: true, resizable: true, suppressMovable: false, sortingOrder: ["desc", "asc", null] }}
        rowSelection={{ mode: "singleRow", checkboxes: false, enableClickSelection: true }}
        rowClassRules={{ "row-open": ({ data }) => data !== undefined && String(data.id) === chosen }}
        tooltipShowDelay={500}
        onGridReady={({ api }) => { grid.current = api; }}
        onSortChanged={sorted}
        onRowClicked={({ data }) => data && open(String(data.id))}
        onCellKeyDown={({ data, event }) => { if (data && event instanceof KeyboardEvent && event.key === "Enter") open(String(data.id)); }}
      />
    </div>
  );
}
