import { Button } from "antd";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Panel } from "../../parts/layout";
import { shifted } from "./draft";

interface OrderedProps<Row extends { name: string }> {
  title: string;
  note: string;
  rows: Row[];
  change: (rows: Row[]) => void;
  mayEdit: boolean;
  add: string;
  none: string;
  columns: [string, string];
  cells: (row: Row) => string[];
  /** What stands below all rows and cannot be moved. */
  last?: string[];
  dialog: (row: Row | null, taken: string[], done: (row: Row) => void, close: () => void) => ReactNode;
}

/** A list in which the order decides: moved by buttons, or on the row by Alt and the arrow keys; Enter opens it. */
export function Ordered<Row extends { name: string }>({ title, note, rows, change, mayEdit, add, none, columns, cells, last, dialog }: OrderedProps<Row>) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<{ at: number | null } | null>(null);
  const [focus, setFocus] = useState<number | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  useEffect(() => {
    if (focus === null) return;
    (body.current?.children[focus] as HTMLElement | undefined)?.focus();
    setFocus(null);
  }, [focus]);
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= rows.length) return;
    change(shifted(rows, from, to));
    setFocus(to);
  };
  const pressed = (event: KeyboardEvent<HTMLTableRowElement>, index: number): void => {
    if (!mayEdit) return;
    const step = event.altKey && event.key === "ArrowUp" ? -1 : event.altKey && event.key === "ArrowDown" ? 1 : 0;
    if (step) move(index, index + step);
    else if (event.key === "Enter" && event.target === event.currentTarget) setOpen({ at: index });
    else return;
    event.preventDefault();
  };
  const row = open?.at == null ? null : (rows[open.at] ?? null);
  const done = (made: Row): void => change(open?.at == null ? [...rows, made] : rows.map((one, index) => (index === open.at ? made : one)));
  return (
    <Panel title={title} note={note} flush side={mayEdit ? <Button size="small" type="primary" onClick={() => setOpen({ at: null })}>{add}</Button> : null}>
      {rows.length || last ? (
        <div className="table-scroll">
          <table className="table" aria-label={title}>
            <thead><tr><th className="right">{t("policies.order")}</th><th>{t("policies.name")}</th><th>{columns[0]}</th><th>{columns[1]}</th>{mayEdit ? <th>{t("cadence.act")}</th> : null}</tr></thead>
            <tbody ref={body}>
              {rows.map((one, index) => (
                <tr key={one.name} tabIndex={mayEdit ? 0 : undefined} onKeyDown={(event) => pressed(event, index)} aria-label={mayEdit ? t("policies.rowKeys", { name: one.name }) : undefined}>
                  <td className="right num">{index + 1}</td>
                  <td><b>{one.name}</b></td>
                  {cells(one).map((cell) => <td key={cell}>{cell}</td>)}
                  {mayEdit ? (
                    <td>
                      <div className="row-actions row-nowrap">
                        <Button size="small" aria-label={t("policies.up", { name: one.name })} disabled={index === 0} onClick={() => move(index, index - 1)}>↑</Button>
                        <Button size="small" aria-label={t("policies.down", { name: one.name })} disabled={index === rows.length - 1} onClick={() => move(index, index + 1)}>↓</Button>
                        <Button size="small" onClick={() => setOpen({ at: index })}>{t("policies.edit")}</Button>
                        <Button size="small" danger onClick={() => change(rows.filter((_, other) => other !== index))}>{t("policies.remove")}</Button>
                      </div>
                    </td>
                  ) : null}
                </tr>
              ))}
              {last ? <tr className="row-last"><td className="right num">{rows.length + 1}</td>{last.map((cell) => <td key={cell} className="quiet">{cell}</td>)}{mayEdit ? <td /> : null}</tr> : null}
            </tbody>
          </table>
        </div>
      ) : <p className="panel-empty">{none}</p>}
      {open ? dialog(row, rows.filter((_, index) => index !== open.at).map(({ name }) => name), done, () => setOpen(null)) : null}
    </Panel>
  );
}
