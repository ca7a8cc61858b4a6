import type { Subscription, SubscriptionAttempt } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../app/server";
import { Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { Code, When } from "../../parts/values";

/** The last messages that were sent to a subscription. */
export function AttemptsDialog({ of, close }: { of: Subscription; close: () => void }) {
  const { t } = useTranslation();
  const attempts = useQuery({ queryKey: ["attempts", of.id], queryFn: () => api.attempts(of.id), refetchInterval: 5_000 });
  const columns: Column<SubscriptionAttempt>[] = [
    { id: "at", name: t("hooks.at"), width: "130px", cell: (one) => <When at={one.at} seconds /> },
    { id: "outcome", name: t("cadence.outcome"), width: "110px", cell: (one) => <State of="runOutcome" code={one.ok ? "done" : "failed"} /> },
    { id: "events", name: t("subs.events"), number: true, cell: (one) => (one.test ? t("subs.testMessage") : <span className="num">{formatCount(one.events)}</span>) },
    { id: "ms", name: t("subs.ms"), number: true, cell: (one) => <span className="num">{formatCount(one.ms)}</span> },
    { id: "message", name: t("cadence.said"), cell: (one) => one.message ?? <span className="small"><Code>{one.message_id}</Code></span> },
  ];
  return (
    <Modal open title={t("subs.attemptsTitle", { name: of.name })} width={860} footer={null} onCancel={close}>
      <Load of={attempts} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("subs.noAttempts")} />}>
        {({ rows }) => <div className="dialog-table"><Table label={t("subs.attempts")} columns={columns} rows={rows} keyOf={(one) => `${one.at}${one.message_id}`} /></div>}
      </Load>
    </Modal>
  );
}
