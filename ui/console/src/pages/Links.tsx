import type { FlowCode, Link as LinkData, Rule } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useParam } from "../app/params";
import { api } from "../app/server";
import { useMay } from "../app/session";
import { word } from "../app/words";
import { FLOWS } from "../parts/FlowFilter";
import { Lanes } from "../parts/Lanes";
import { Head, Panel } from "../parts/layout";
import { Forbidden, Load, Notice } from "../parts/states";
import { Code } from "../parts/values";
import { Flows } from "./links/Flows";
import { Tabs } from "./links/Tabs";

/** Which maps carry which flow. */
const MAPS: Record<FlowCode, readonly string[]> = {
  F1: ["erp_items", "items_to_wms"],
  F2: ["erp_stock", "erp_locations", "baseline_to_wms"],
  F3: ["wms_bins", "sheets_to_wms"],
  F4: ["wms_results", "wms_movements", "wms_stock"],
  F5: ["adjustment_to_erp", "adjustment_to_wms"],
};

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const links = useQuery({ queryKey: ["links"], queryFn: api.links, enabled: may("link.view") });
  if (!may("link.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("links.title")} below={t("links.lead")} />
      <Tabs />
      <Load of={links} rows={10} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("links.none")}><p>{t("links.noneNext")}</p><code>countbridge link apply ./my-link</code></Notice>}>
        {({ rows }) => <div className="stack">{rows.map((link) => <OneLink key={link.code} link={link} />)}</div>}
      </Load>
    </>
  );
}

function OneLink({ link }: { link: LinkData }) {
  const { t } = useTranslation();
  const [get] = useParam();
  const here = get("link") === undefined || get("link") === link.code;
  const flow = here ? FLOWS.find((one) => one === get("flow")) : undefined;
  const maps = flow ? link.maps.filter(({ name }) => MAPS[flow].includes(name)) : link.maps;
  return (
    <>
      <Panel title={link.name} note={<Code>{link.code}</Code>} side={link.quarantine ? <Link to="/quarantine">{t("links.inQuarantine", { total: formatCount(link.quarantine) })}</Link> : null}>
        <Lanes link={link} chosen={flow} to={(to) => (to === flow ? "/links" : `/links?link=${link.code}&flow=${to}`)} />
      </Panel>
      <Flows link={link.code} />
      <Panel
        title={flow ? t("links.mapsOf", { flow: `${flow} ${word("flow", flow)}` }) : t("links.maps")}
        note={t("links.mapsNote")}
        side={flow ? <><Link to={`/deliveries?flow=${flow}`}>{t("links.deliveries")}</Link> <Link to="/quarantine">{t("links.quarantine")}</Link> <Link to="/links">{t("links.allMaps")}</Link></> : null}
      >
        {maps.length ? maps.map((map) => <RuleTable key={map.name} name={map.name} version={map.version} rules={map.rules} open={flow !== undefined} />) : <p className="panel-empty">{t("links.noMaps")}</p>}
      </Panel>
      <Panel title={t("links.tables")} note={t("links.tablesNote")}>
        {link.tables.length ? (
          <ul className="documents">
            {link.tables.map((table) => <li key={table.name}><Code>{table.name}</Code> <span className="quiet num">{t("links.rows", { count: table.rows, rows: formatCount(table.rows) })}</span></li>)}
          </ul>
        ) : <p className="panel-empty">{t("links.noTables")}</p>}
      </Panel>
    </>
  );
}

/** A rule's cell as a person would write it in a grid: chains joined, structures as JSON. */
function cell(value: unknown): string {
  if (value === null || value === undefined || value === "") return "—";
  if (Array.isArray(value)) return value.length ? value.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" → ") : "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function RuleTable({ name, version, rules, open }: { name: string; version: number; rules: Rule[]; open: boolean }) {
  const { t } = useTranslation();
  return (
    <details className="rules" open={open}>
      <summary><b>{word("fieldMap", name)}</b> <Code>{name}</Code> <span className="quiet num">{t("links.version", { version })} · {t("links.rules", { count: rules.length, rules: rules.length })}</span></summary>
      <div className="table-scroll">
        <table className="table table-small">
          <thead><tr><th>{t("rule.target")}</th><th>{t("rule.from")}</th><th>{t("rule.change")}</th><th>{t("rule.when")}</th><th>{t("rule.default")}</th><th>{t("rule.note")}</th></tr></thead>
          <tbody>
            {rules.map((rule, index) => (
              <tr key={`${rule.target}${index}`}>
                <td><Code>{rule.target}</Code></td><td><Code>{cell(rule.from)}</Code></td><td>{cell(rule.change)}</td>
                <td>{cell(rule.when)}</td><td>{cell(rule.default)}</td><td className="quiet">{rule.note ?? "—"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
