import type { Permission, Session, Today } from "@shared/model";
import { formatCount } from "@shared/time";
import { useQuery } from "@tanstack/react-query";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useMatch, useNavigate } from "react-router";
import { Mark } from "../parts/Mark";
import { FloorOnly } from "../pages/FloorOnly";
import { Account } from "./Account";
import { HelpDialog } from "./HelpDialog";
import { useGoKeys, useKeys } from "./keys";
import { type LiveState, useLive } from "./live";
import { api } from "./server";
import { useMay } from "./session";

interface Place {
  to: string;
  name: string;
  key: string;
  needs: Permission;
  /** What of today's work is done there. */
  waiting?: (keyof Today["waiting"])[];
}

const PLACES: Place[] = [
  { to: "/", name: "nav.today", key: "t", needs: "count.view" },
  { to: "/counts", name: "nav.counts", key: "c", needs: "count.view" },
  { to: "/approvals", name: "nav.approvals", key: "a", needs: "line.approve", waiting: ["approvals", "signatures"] },
  { to: "/recounts", name: "nav.recounts", key: "r", needs: "line.recount", waiting: ["recounts"] },
  { to: "/deliveries", name: "nav.deliveries", key: "d", needs: "delivery.view", waiting: ["deliveries"] },
  { to: "/quarantine", name: "nav.quarantine", key: "q", needs: "quarantine.view", waiting: ["quarantine"] },
  { to: "/drift", name: "drift.title", key: "f", needs: "line.expected" },
  { to: "/policies", name: "nav.policies", key: "p", needs: "count.view" },
  { to: "/links", name: "nav.links", key: "l", needs: "link.view" },
];

const BADGES_MS = 15_000;

function focusSearch(): void {
  document.querySelector<HTMLInputElement>("input[data-search]")?.focus();
}

export function Shell({ session }: { session: Session }) {
  const { t } = useTranslation();
  const may = useMay();
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const places = PLACES.filter((place) => may(place.needs));
  useGoKeys(Object.fromEntries(places.map((place) => [place.key, () => void navigate(place.to)])));
  useKeys({ "/": focusSearch, "?": () => setHelp(true) });
  const onFloor = places.length === 0;
  return (
    <div className="shell">
      <a className="skip" href="#page">{t("nav.skip")}</a>
      <div className="rail">
        <NavLink to="/" className="brand" aria-label={t("app.name")}>
          <Mark /> <span>盘桥</span> <small>Countbridge</small>
        </NavLink>
        <Navigation places={places} />
        <div className="rail-foot">
          {onFloor ? null : <Live />}
          <Account session={session} help={() => setHelp(true)} />
        </div>
      </div>
      <main id="page" className="page" tabIndex={-1}>
        <Suspense>{onFloor ? <FloorOnly /> : <Outlet />}</Suspense>
      </main>
      <HelpDialog open={help} close={() => setHelp(false)} places={places} />
    </div>
  );
}

function Navigation({ places }: { places: Place[] }) {
  const { t } = useTranslation();
  const today = useQuery({ queryKey: ["today"], queryFn: api.today, enabled: places.length > 0, refetchInterval: BADGES_MS });
  return (
    <nav aria-label={t("nav.label")}>
      {places.map((place) => {
        const waiting = place.waiting?.reduce((sum, kind) => sum + (today.data?.waiting[kind] ?? 0), 0) ?? 0;
        return (
          <NavLink key={place.to} to={place.to} end={place.to === "/"} className="rail-link">
            <span>{t(place.name)}</span>
            {waiting > 0 ? <span className="rail-count num" aria-label={t("nav.waiting", { total: waiting })}>{formatCount(waiting)}</span> : null}
          </NavLink>
        );
      })}
    </nav>
  );
}

/** The dot that says whether what you see follows the warehouse by itself. */
function Live() {
  const { t } = useTranslation();
  const count = useMatch("/counts/:number/*")?.params.number;
  const state: LiveState = useLive(count === "new" ? undefined : count);
  return (
    <div className={`live live-${state}`} role="status" title={t(`live.${state}Hint`)}>
      <span className="live-dot" aria-hidden="true" /> {t(`live.${state}`)}
    </div>
  );
}

export type { Place };
