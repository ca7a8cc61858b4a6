import type { Hook, HookRefusal, Link } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../app/server";
import { useMay } from "../../app/session";
import { word } from "../../app/words";
import { Head, Panel } from "../../parts/layout";
import { Forbidden, Load, Notice } from "../../parts/states";
import { type Column, Table } from "../../parts/Table";
import { State } from "../../parts/tags";
import { Code, When } from "../../parts/values";
import { CallsDialog, Refusals } from "./CallsDialog";
import { type HookAct, HookDialog } from "./HookDialog";
import { SecretDialog, type Shown } from "./SecretDialog";
import { Tabs } from "./Tabs";

type Doing = { what: HookAct | "calls"; hook: Hook | null };

export function Component() {
  const { t } = useTranslation();
  const may = useMay();
  const links = useQuery({ queryKey: ["links"], queryFn: api.links, enabled: may("link.view") });
  if (!may("link.view")) return <Forbidden />;
  return (
    <>
      <Head title={t("hooks.title")} below={t("hooks.lead")} />
      <Tabs />
      <Load of={links} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("links.none")} />}>
        {({ rows }) => <div className="stack">{rows.map((link) => <OfLink key={link.code} link={link} />)}</div>}
      </Load>
    </>
  );
}

function OfLink({ link }: { link: Link }) {
  const { t } = useTranslation();
  const mayEdit = useMay()("link.edit");
  const hooks = useQuery({ queryKey: ["hooks", link.code], queryFn: () => api.hooks(link.code), refetchInterval: 15_000 });
  const [doing, setDoing] = useState<Doing | null>(null);
  const [secret, setSecret] = useState<Shown | null>(null);
  const columns = useColumns(setDoing);
  return (
    <>
      <Panel title={link.name} note={<Code>{link.code}</Code>} side={mayEdit ? <Button size="small" type="primary" onClick={() => setDoing({ what: "create", hook: null })}>{t("hooks.create")}</Button> : null} flush>
        <Load of={hooks} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("hooks.none")}>{t("hooks.noneNext")}</Notice>}>
          {({ rows }) => <Table label={t("hooks.title")} columns={columns} rows={rows} keyOf={({ source }) => source} />}
        </Load>
      </Panel>
      <Strangers of={hooks.data?.strangers ?? []} />
      {doing?.what === "calls" && doing.hook ? <CallsDialog link={link.code} source={doing.hook.source} close={() => setDoing(null)} /> : null}
      {doing && doing.what !== "calls" ? <HookDialog link={link.code} act={doing.what} hook={doing.hook} shown={setSecret} close={() => setDoing(null)} /> : null}
      {secret ? <SecretDialog of={secret} close={() => setSecret(null)} /> : null}
    </>
  );
}

function Strangers({ of }: { of: HookRefusal[] }) {
  const { t } = useTranslation();
  if (!of.length) return null;
  return <Panel title={t("hooks.strangers")} note={t("hooks.strangersNote")} flush><Refusals rows={of} asked /></Panel>;
}

function useColumns(open: (doing: Doing) => void): Column<Hook>[] {
  const { t } = useTranslation();
  const mayEdit = useMay()("link.edit");
  return [
    { id: "source", name: t("hooks.source"), cell: (hook) => <><b>{hook.source}</b><div className="small"><Code>{hook.path}</Code></div></> },
    { id: "events", name: t("hooks.events"), cell: (hook) => <ul className="small">{Object.entries(hook.events).map(([event, flow]) => <li key={event}><Code>{event}</Code> → {word("pollFlow", flow)}</li>)}</ul> },
    {
      id: "state", name: t("hooks.state"), width: "150px",
      cell: (hook) => <><State of="hookState" code={hook.active ? "active" : "off"} />{hook.former_secret_until ? <div className="small quiet">{t("secret.former")} <When at={hook.former_secret_until} /></div> : null}</>,
    },
    {
      id: "today", name: t("hooks.today"), width: "170px",
      cell: (hook) => (
        <div className="small num">
          {t("hooks.taken", { total: formatCount(hook.taken_today) })}{" · "}
          <span className={hook.refused_today ? "bad-text" : "quiet"}>{t("hooks.refused", { total: formatCount(hook.refused_today) })}</span>
          {hook.last_taken ? <div className="quiet"><When at={hook.last_taken} ago /></div> : null}
        </div>
      ),
    },
    {
      id: "act", name: t("cadence.act"), width: "250px",
      cell: (hook) => (
        <div className="row-actions">
          <Button size="small" onClick={() => open({ what: "calls", hook })}>{t("hooks.calls")}</Button>
          {mayEdit ? (["edit", hook.active ? "off" : "on", "rotate", "remove"] as HookAct[]).map((what) => (
            <Button key={what} size="small" danger={what === "remove"} onClick={() => open({ what, hook })}>{t(`hooks.${what}`)}</Button>
          )) : null}
        </div>
      ),
    },
  ];
}
