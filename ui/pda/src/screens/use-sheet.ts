import { useCallback, useEffect, useState } from "react";
import { library, session } from "../desk";
import type { Sheet } from "../data/model";
import { sentence } from "./sign-in";

export interface Opened {
  sheet: Sheet | null;
  /** Why it could not be fetched just now; the kept copy may still be there. */
  problem: string;
  loading: boolean;
  again: () => void;
}

/** In memory between screens, so that the walk never waits for the disk. */
let held: { username: string; id: string; sheet: Sheet; fetched: number } | null = null;
/** The walk passes here after every bin: often enough to hear of others' work, not so often that it loads the network. */
const FRESH = 60_000;

/** The sheet as kept on this device at once, and as the server has it when it answers. */
export function useSheet(id: string, wanted: "kept" | "recent" | "now"): Opened {
  const username = session.person()?.username ?? "";
  const kept = held?.id === id && held.username === username ? held.sheet : null;
  const [sheet, setSheet] = useState<Sheet | null>(kept);
  const [problem, setProblem] = useState("");
  const [loading, setLoading] = useState(kept === null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    let gone = false;
    const show = (found: Sheet | null, fetched: number): void => {
      if (!found || gone) return;
      held = { username, id, sheet: found, fetched };
      setSheet(found);
      setLoading(false);
    };
    async function open(): Promise<void> {
      const memory = held?.id === id && held.username === username ? held : null;
      const here = memory?.sheet ?? (await library.storedSheet(username, id));
      show(here, memory?.fetched ?? 0);
      const fresh = wanted === "recent" && memory !== null && Date.now() - memory.fetched < FRESH;
      if (here && tries === 0 && (wanted === "kept" || fresh)) return;
      try {
        show(await library.sheet(username, id), Date.now());
        if (!gone) setProblem("");
      } catch (refused) {
        if (!gone) setProblem(sentence(refused));
      }
      if (!gone) setLoading(false);
    }
    void open();
    return () => {
      gone = true;
    };
  }, [id, username, wanted, tries]);

  const again = useCallback(() => setTries((n) => n + 1), []);
  return { sheet, problem, loading, again };
}
