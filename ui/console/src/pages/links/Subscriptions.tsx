import type { Subscription } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/server";
import { useMay } from "../../app/session";
import { word } from "../../app/words";
import { Head, Panel } from "../../parts/layout";
import { Forbidden, Load, Notice, useSentence } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { Code, When } from "../../parts/values";
import { AttemptsDialog } from "./AttemptsDialog";
import { SecretDialog, type Shown } from "./SecretDialog";
import { type SubscriptionAct, SubscriptionDialog } from "./SubscriptionDialog";
import { Tabs } from "./Tabs";

type Doing = { what: SubscriptionAct | "attempts"; of: Subscription | null };

function stateOf(of: Subscription): string {
  if (of.paused_at) return of.paused_by ? "paused" : "given_up";
  if (of.failing_since) return "failing";
  return of.behind ? "sending" : "working";
}

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const mayEdit = may("link.edit");
  const all = useQuery({ queryKey: ["subscriptions"], queryFn: api.subscriptions, enabled: may("link.view"), refetchInterval: 10_000 });
  const [doing, setDoing] = useState<Doing | null>(null);
  const [secret, setSecret] = useState<Shown | null>(null);
  const columns = useColumns(setDoing);
  if (!may("link.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("subs.title")} below={t("subs.lead")} actions={mayEdit ? <Button type="primary" onClick={() => setDoing({ what: "create", of: null })}>{t("subs.create")}</Button> : null} />
      <Tabs />
      <Panel flush>
        <Load of={all} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("subs.none")}>{t("subs.noneNext")}</Notice>}>
          {({ rows }) => <Table label={t("subs.title")} columns={columns} rows={rows} keyOf={({ id }) => id} />}
        </Load>
      </Panel>
      {doing?.what === "attempts" && doing.of ? <AttemptsDialog of={doing.of} close={() => setDoing(null)} /> : null}
      {doing && doing.what !== "attempts" ? <SubscriptionDialog act={doing.what} of={doing.of} kinds={all.data?.kinds ?? []} shown={setSecret} close={() => setDoing(null)} /> : null}
      {secret ? <SecretDialog of={secret} close={() => setSecret(null)} /> : null}
    </>
  );
}

function useColumns(open: (doing: Doing) => void): Column<Subscription>[] {
  const { t } = useTranslation();
  const mayEdit = useMay()("link.edit");
  const { message } = AntApp.useApp();
  const sentence = useSentence();
  const test = async (of: Subscription): Promise<void> => {
    try {
      const told = await api.testSubscription(of.id);
      if (told.ok) message.success(t("subs.testOk"));
      else message.error(told.message);
      await queries.invalidateQueries({ queryKey: ["attempts"] });
    } catch (error) {
      message.error(sentence(error));
    }
  };
  return [
    { id: "name", name: t("subs.name"), cell: (of) => <><b>{of.name}</b><div className="small clip"><Code>{of.url}</Code></div></> },
    { id: "kinds", name: t("subs.kinds"), width: "150px", cell: (of) => <span className="small">{of.kinds.length ? of.kinds.map((kind) => word("eventKind", kind)).join(t("list.comma")) : t("subs.allKinds")}</span> },
    { id: "state", name: t("subs.state"), cell: (of) => <Standing of={of} /> },
    { id: "sent", name: t("subs.sent"), width: "110px", cell: (of) => <><span className="num">{formatCount(of.sent)}</span><div className="small quiet">{of.last_sent ? <When at={of.last_sent} ago /> : null}</div></> },
    {
      id: "act", name: t("cadence.act"), width: "250px",
      cell: (of) => (
        <div className="row-actions">
          <Button size="small" onClick={() => open({ what: "attempts", of })}>{t("subs.attempts")}</Button>
          {mayEdit ? (
            <>
              <Button size="small" onClick={() => void test(of)}>{t("subs.test")}</Button>
              {(["edit", of.paused_at ? "resume" : "pause", "rotate", "remove"] as SubscriptionAct[]).map((what) => (
                <Button key={what} size="small" danger={what === "remove"} onClick={() => open({ what, of })}>{t(`subs.${what}`)}</Button>
              ))}
            </>
          ) : null}
        </div>
      ),
    },
  ];
}

function Standing({ of }: { of: Subscription }) {
  const { t } = useTranslation();
  return (
    <>
      <State of="subscriptionState" code={stateOf(of)} />
      {of.paused_by ? <div className="small wait-text">{t("cadence.pausedBy", { who: of.paused_by, reason: of.paused_reason })}</div> : null}
      {of.failing_since ? <div className="small quiet">{t("subs.since")} <When at={of.failing_since} ago />{of.next_try_at ? <> · {t("subs.again")} <When at={of.next_try_at} seconds /></> : null}</div> : null}
      {of.message ? <div className="small bad-text">{of.message}</div> : null}
      {of.former_secret_until ? <div className="small quiet">{t("secret.former")} <When at={of.former_secret_until} /></div> : null}
    </>
  );
}
