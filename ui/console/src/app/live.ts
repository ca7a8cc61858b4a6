import { addresses } from "@shared/api";
import { useEffect, useState } from "react";
import { SESSION, queries } from "./server";

const SETTLE_MS = 400;
const GAP_MS = 1_500;
const RETRY_MS = 3_000;

type Told = () => void;
const listeners = new Set<Told>();

/** Told after each round of changes; for what react-query does not hold (the big grid). */
export function onChanged(told: Told): () => void {
  listeners.add(told);
  return () => listeners.delete(told);
}

/** Fetches again what is on the screen: once per burst, at most every GAP_MS while scans pour in, and not while nobody looks. */
function createRefresher(): { poke: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  let missed = false;
  const run = (): void => {
    timer = undefined;
    if (document.hidden) {
      missed = true;
      return;
    }
    missed = false;
    last = Date.now();
    // The figures of all counts are dear: away from their own page the badges of the navigation follow at their own pace.
    const kept = location.pathname === "/" ? [SESSION[0]] : [SESSION[0], "today"];
    void queries.invalidateQueries({ predicate: ({ queryKey }) => !kept.includes(String(queryKey[0])) });
    listeners.forEach((told) => told());
  };
  const seen = (): void => {
    if (missed && !document.hidden) run();
  };
  document.addEventListener("visibilitychange", seen);
  return {
    poke: () => {
      timer ??= setTimeout(run, Math.max(SETTLE_MS, last + GAP_MS - Date.now()));
    },
    stop: () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}

export type LiveState = "connecting" | "live" | "lost";

/** Follows the server's events (of one count, or of all); comes back by itself and catches up on what it missed. */
export function useLive(count: string | undefined): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => {
    const refresher = createRefresher();
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;
    const open = (): void => {
      source = new EventSource(addresses.events(count));
      source.onopen = () => {
        setState("live");
        if (wasLost) refresher.poke();
        wasLost = false;
      };
      source.addEventListener("changed", () => refresher.poke());
      source.onerror = () => {
        wasLost = true;
        setState("lost");
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
      };
    };
    open();
    return () => {
      source?.close();
      clearTimeout(retry);
      refresher.stop();
    };
  }, [count]);
  return state;
}
