import { add, negate } from "@shared/decimal";
import type { Difference } from "@shared/model";
import { useTranslation } from "react-i18next";
import { Panel } from "../../parts/layout";
import { Notice } from "../../parts/states";
import { Parts } from "../../parts/Parts";
import { type Column, Table } from "../../parts/Table";
import { Code, Quantity } from "../../parts/values";
import { useCount } from "./Count";

/** Where the two books still do not agree; the count stays open until they do. */
export function Component() {
  const { t } = useTranslation();
  const { differences } = useCount();
  const columns: Column<Difference>[] = [
    { id: "location", name: t("differences.location"), cell: (row) => <Code>{row.location}</Code> },
    { id: "item", name: t("differences.item"), cell: (row) => <><Code>{row.item}</Code> {row.item_name}<div className="small quiet"><Parts of={row} /></div></> },
    { id: "erp", name: t("differences.erp"), number: true, cell: (row) => <Quantity value={row.erp} /> },
    { id: "wms", name: t("differences.wms"), number: true, cell: (row) => <Quantity value={row.wms} /> },
    { id: "gap", name: t("differences.gap"), number: true, cell: (row) => <Quantity value={add(row.wms, negate(row.erp))} signed /> },
    { id: "pending", name: t("differences.pending"), number: true, cell: (row) => <Quantity value={row.pending} signed /> },
    { id: "reason", name: t("differences.reason"), cell: (row) => row.reason },
  ];
  if (!differences.length) return <Notice mark="empty" title={t("differences.none")} />;
  return (
    <div className="stack">
      <p className="lead">{t("differences.lead")}</p>
      <Panel flush>
        <Table label={t("count.differences")} columns={columns} rows={differences} keyOf={(row) => [row.location, row.item, row.lot, row.status, row.owner, row.package].join("/")} />
      </Panel>
    </div>
  );
}
