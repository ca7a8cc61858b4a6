import type { HookCalls, HookRefusal } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../app/server";
import { word } from "../../app/words";
import { Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { Code, When } from "../../parts/values";

/** What came in at a webhook: what was taken, and what was refused and why. */
export function CallsDialog({ link, source, close }: { link: string; source: string; close: () => void }) {
  const { t } = useTranslation();
  const calls = useQuery({ queryKey: ["calls", link, source], queryFn: () => api.hookCalls(link, source), refetchInterval: 5_000 });
  const columns: Column<HookCalls["taken"][number]>[] = [
    { id: "at", name: t("hooks.at"), width: "130px", cell: (call) => <When at={call.at} seconds /> },
    { id: "event", name: t("hooks.event"), cell: (call) => <><Code>{call.event}</Code> → {word("pollFlow", call.flow)}</> },
    { id: "ran", name: t("hooks.ran"), width: "150px", cell: (call) => word("hookRan", call.ran) },
    { id: "id", name: t("hooks.id"), cell: (call) => <span className="clip small"><Code>{call.id}</Code></span> },
  ];
  return (
    <Modal open title={t("hooks.callsTitle", { source })} width={860} footer={null} onCancel={close}>
      <Load of={calls} isEmpty={({ taken, refused }) => taken.length + refused.length === 0} empty={<Notice mark="empty" title={t("hooks.noCalls")} />}>
        {({ taken, refused }) => (
          <div className="dialog-table">
            {refused.length ? <><h3>{t("hooks.refusedCalls")}</h3><Refusals rows={refused} /></> : null}
            {taken.length ? <><h3>{t("hooks.takenCalls")}</h3><Table label={t("hooks.takenCalls")} columns={columns} rows={taken} keyOf={({ id }) => id} /></> : null}
          </div>
        )}
      </Load>
    </Modal>
  );
}

/** Refused calls, one row for each minute and reason. */
export function Refusals({ rows, asked = false }: { rows: HookRefusal[]; asked?: boolean }) {
  const { t } = useTranslation();
  const columns: Column<HookRefusal>[] = [
    { id: "at", name: t("hooks.at"), width: "130px", cell: (one) => <When at={one.minute} /> },
    { id: "times", name: t("hooks.times"), number: true, width: "80px", cell: (one) => <span className="num">{formatCount(one.times)}</span> },
    { id: "why", name: t("hooks.why"), cell: (one) => one.message },
    { id: "from", name: t("hooks.from"), width: "150px", cell: (one) => <span className="small"><Code>{one.address}</Code>{asked ? <div className="quiet">{one.asked}</div> : null}</span> },
  ];
  return <Table label={t("hooks.refusedCalls")} columns={columns} rows={rows} keyOf={(one) => `${one.code}${one.minute}`} />;
}
