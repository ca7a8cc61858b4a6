import { useCallback } from "react";
import { useSearchParams } from "react-router";

type Change = Record<string, string | number | null | undefined>;

/** What the address says, so that every view can be sent to a colleague. Setting anything but the page goes back to page one. */
export function useParam(): [get: (name: string) => string | undefined, set: (change: Change) => void] {
  const [params, setParams] = useSearchParams();
  const get = useCallback((name: string) => params.get(name) ?? undefined, [params]);
  const set = useCallback(
    (change: Change) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (!("page" in change) && !("line" in change)) next.delete("page");
          for (const [name, value] of Object.entries(change)) {
            if (value === null || value === undefined || value === "") next.delete(name);
            else next.set(name, String(value));
          }
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return [get, set];
}

/** Offset and limit of the page the address names. */
export function pageOf(get: (name: string) => string | undefined, size: number): { page: number; offset: number; limit: number } {
  const page = Math.max(1, Number.parseInt(get("page") ?? "1", 10) || 1);
  return { page, offset: (page - 1) * size, limit: size };
}
