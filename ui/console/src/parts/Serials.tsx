import type { LineDetail, LineSerial } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api } from "../app/server";
import { Load } from "./states";
import { State } from "./tags";
import { Code, When } from "./values";

const PAGE = 50;
const FIGURES = ["booked", "counted", "missing", "extra", "moved", "open"] as const;

/** The serials of the line's item in its bin: booked, missing, extra, and where those that moved lie or came from. */
export function Serials({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(0);
  const serials = useQuery({ queryKey: ["line", String(line.id), "serials", from], queryFn: () => api.serials(line.id, { offset: from, limit: PAGE }) });
  return (
    <section className="drawer-part">
      <h3>{t("serials.title", { bin: line.bin })}</h3>
      <Load of={serials} rows={4}>
        {(found) => (
          <>
            <p className="serial-figures">
              {FIGURES.map((name) => (found[name] === null ? null : <span key={name}>{t(`serials.${name}`)} <b className="num">{found[name]}</b></span>))}
            </p>
            <table className="table table-small" aria-label={t("serials.title", { bin: line.bin })}>
              <thead><tr><th>{t("serials.serial")}</th><th>{t("serials.state")}</th><th>{t("serials.where")}</th><th>{t("line.who")}</th></tr></thead>
              <tbody>{found.rows.map((row) => <Row key={row.line} row={row} count={line.count} here={row.line === line.id} />)}</tbody>
            </table>
            {found.total > PAGE ? (
              <div className="pager">
                <Button size="small" disabled={from === 0} onClick={() => setFrom(from - PAGE)}>{t("serials.before")}</Button>
                <span className="quiet small">{t("serials.page", { from: from + 1, to: from + found.rows.length, total: found.total })}</span>
                <Button size="small" disabled={from + PAGE >= found.total} onClick={() => setFrom(from + PAGE)}>{t("serials.after")}</Button>
              </div>
            ) : null}
          </>
        )}
      </Load>
    </section>
  );
}

function Row({ row, count, here }: { row: LineSerial; count: string; here: boolean }) {
  const { t } = useTranslation();
  return (
    <tr className={here ? "chosen" : ""}>
      <td className="nowrap"><Link to={`/counts/${count}/lines?line=${row.line}`}><Code>{row.serial}</Code></Link></td>
      <td><State of="serialState" code={row.state} />{row.moved ? <span className="tag tag-plain">{t("explain.transfer")}</span> : null}</td>
      <td>
        {row.places.length ? <span>{row.state === "missing" ? t("serials.foundIn") : t("serials.alsoIn")} {row.places.map((place) => <Code key={place}>{place}</Code>)}</span> : null}
        {row.reason ? <div className="small quiet">{row.reason}</div> : null}
      </td>
      <td>{row.counter ?? "—"}<div className="small quiet nowrap"><When at={row.counted_at} /></div></td>
    </tr>
  );
}
