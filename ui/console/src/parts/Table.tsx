import { Checkbox } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useKeys } from "../app/keys";

export interface Column<Row> {
  id: string;
  name: string;
  /** Right-aligned, figures of one width. */
  number?: boolean;
  width?: string;
  sort?: { active: "up" | "down" | null; toggle: () => void } | undefined;
  cell: (row: Row) => ReactNode;
}

interface Selection<Key> {
  chosen: ReadonlySet<Key>;
  change: (chosen: Set<Key>) => void;
}

interface TableProps<Row, Key extends string | number> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => Key;
  open?: (row: Row) => void;
  selection?: Selection<Key> | undefined;
  openKey?: string | undefined;
  /** j/k and arrows walk the rows, Enter opens, x or space selects. */
  keyboard?: boolean;
  /** Told which row the keys stand on. */
  cursor?: (row: Row) => void;
}

/** The plain table of every list short enough to read: real rows for screen readers, keys for those who decide all day. */
export function Table<Row, Key extends string | number>(props: TableProps<Row, Key>) {
  const { label, columns, rows, keyOf, open, selection, openKey, keyboard = false, cursor } = props;
  const { t } = useTranslation();
  const [at, setAt] = useState(-1);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => setAt((before) => Math.min(before, rows.length - 1)), [rows.length]);
  const stand = (index: number): void => {
    const row = rows[index];
    if (row === undefined) return;
    setAt(index);
    body.current?.children[index]?.scrollIntoView({ block: "nearest" });
    cursor?.(row);
  };
  const walk = (step: number): void => stand(Math.max(0, Math.min(rows.length - 1, at + step)));
  const toggle = (row: Row | undefined): void => {
    if (!row || !selection) return;
    const next = new Set(selection.chosen);
    if (!next.delete(keyOf(row))) next.add(keyOf(row));
    selection.change(next);
  };
  const here = (): Row | undefined => rows[at];
  const enter = (): void => {
    const row = here();
    if (row) open?.(row);
  };
  useKeys(
    {
      j: () => walk(1), ArrowDown: () => walk(1), k: () => walk(-1), ArrowUp: () => walk(-1),
      Enter: enter, x: () => toggle(here()), " ": () => toggle(here()),
    },
    keyboard,
  );
  const all = rows.length > 0 && rows.every((row) => selection?.chosen.has(keyOf(row)));
  const some = !all && rows.some((row) => selection?.chosen.has(keyOf(row)));
  return (
    <div className="table-scroll">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {selection ? (
              <th className="table-check">
                <Checkbox
                  checked={all}
                  indeterminate={some}
                  aria-label={t("table.all")}
                  onChange={() => selection.change(all ? new Set() : new Set(rows.map(keyOf)))}
                />
              </th>
            ) : null}
            {columns.map((column) => <HeadCell key={column.id} column={column} />)}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => {
            const key = keyOf(row);
            const chosen = selection?.chosen.has(key) ?? false;
            const classes = [index === at && keyboard ? "at" : "", chosen ? "chosen" : "", String(key) === openKey ? "open" : "", open ? "opens" : ""];
            return (
              <tr
                key={key}
                className={classes.join(" ").trim()}
                aria-selected={selection ? chosen : undefined}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest("a, button, input, label, .ant-select")) return;
                  if (getSelection()?.toString()) return;
                  stand(index);
                  open?.(row);
                }}
              >
                {selection ? (
                  <td className="table-check">
                    <Checkbox checked={chosen} onChange={() => toggle(row)} aria-label={t("table.choose", { row: String(key) })} />
                  </td>
                ) : null}
                {columns.map((column) => (
                  <td key={column.id} className={column.number ? "right" : ""}>{column.cell(row)}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function HeadCell<Row>({ column }: { column: Column<Row> }) {
  const { sort } = column;
  return (
    <th
      scope="col"
      className={column.number ? "right" : ""}
      style={column.width ? { width: column.width } : undefined}
      aria-sort={sort?.active ? (sort.active === "up" ? "ascending" : "descending") : undefined}
    >
      {sort ? (
        <button type="button" className="table-sort" onClick={sort.toggle}>
          {column.name} <span aria-hidden="true">{sort.active === "up" ? "↑" : sort.active === "down" ? "↓" : "↕"}</span>
        </button>
      ) : (
        column.name
      )}
    </th>
  );
}
