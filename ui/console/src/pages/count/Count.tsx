import type { Count } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, Outlet, useOutletContext, useParams } from "react-router";
import { api } from "../../app/server";
import { type May, useMay } from "../../app/session";
import { word } from "../../app/words";
import { Head } from "../../parts/layout";
import { Forbidden, Load } from "../../parts/states";
import { State } from "../../parts/tags";
import { Code, When } from "../../parts/values";
import { type Action, ActionDialog } from "./ActionDialog";

export function useCount(): Count {
  return useOutletContext<Count>();
}

export function Component() {
  const may = useMay();
  const { number = "" } = useParams();
  const count = useQuery({ queryKey: ["count", number], queryFn: () => api.count(number), enabled: may("count.view") });
  if (!may("count.view")) return <Forbidden />;
  return (
    <Load of={count} rows={14}>
      {(data) => (
        <>
          <CountHead count={data} />
          <Tabs count={data} />
          <Outlet context={data} />
        </>
      )}
    </Load>
  );
}

/** What may be done now: stop counting, read both books again, give up. */
function actionsOf(count: Count, may: May): Action[] {
  const actions: Action[] = [];
  if (count.state === "counting" && (may("count.plan") || may("count.assign"))) actions.push("finish");
  if (count.state === "differences" && (may("count.plan") || may("count.assign"))) actions.push("verify");
  if (["approved", "preparing", "counting"].includes(count.state) && may("count.plan")) actions.push("cancel");
  return actions;
}

function CountHead({ count }: { count: Count }) {
  const { t } = useTranslation();
  const may = useMay();
  const [action, setAction] = useState<Action | null>(null);
  return (
    <>
      <Head
        title={count.name}
        tab={`${count.number} ${count.name}`}
        above={<><Link to="/counts">{t("counts.title")}</Link> / <Code>{count.number}</Code></>}
        below={
          <>
            <State of="countState" code={count.state} />
            <span>{word("countKind", count.kind)}</span>
            <span>{word("countMode", count.mode)}</span>
            <span>{count.warehouses.map(({ name }) => name).join(t("list.comma"))}</span>
            {count.responsible ? <span>{t("count.responsible")} {count.responsible}</span> : null}
            {count.started_at ? <span>{t("count.startedAt")} <When at={count.started_at} /></span> : null}
            {count.closed_at ? <span>{t("count.closedAt")} <When at={count.closed_at} /></span> : null}
          </>
        }
        actions={actionsOf(count, may).map((one) => (
          <Button key={one} danger={one === "cancel"} type={one === "cancel" ? "default" : "primary"} onClick={() => setAction(one)}>
            {t(`count.${one}`)}
          </Button>
        ))}
      />
      {action ? <ActionDialog count={count} action={action} close={() => setAction(null)} /> : null}
    </>
  );
}

function Tabs({ count }: { count: Count }) {
  const { t } = useTranslation();
  const base = `/counts/${count.number}`;
  const tabs: [string, string, number?][] = [
    [base, t("count.overview")],
    [`${base}/map`, t("count.map")],
    [`${base}/lines`, t("count.lines"), count.lines],
    [`${base}/sheets`, t("count.sheets")],
    [`${base}/results`, t("count.results")],
    [`${base}/timeline`, t("count.timeline")],
  ];
  if (count.differences.length) tabs.splice(4, 0, [`${base}/differences`, t("count.differences"), count.differences.length]);
  return (
    <nav className="tabs" aria-label={t("count.sections")}>
      {tabs.map(([to, name, amount]) => (
        <NavLink key={to} to={to} end={to === base}>
          {name} {amount === undefined ? null : <span className="num quiet">{formatCount(amount)}</span>}
        </NavLink>
      ))}
    </nav>
  );
}
