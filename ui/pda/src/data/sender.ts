import type { Entry } from "./database";
import type { Outbox } from "./outbox";
import { backoff, nextToSend, type Result } from "./queue";
import { failureOf, type Failure } from "./server";

export interface Wire {
  scans(entries: readonly Entry[]): Promise<Result[]>;
  single(entry: Entry): Promise<Result>;
}

/** sending: a call is under way · unreachable: trying again by itself · signed_out: waits for the person to sign in. */
export type Standing = "idle" | "sending" | "unreachable" | "signed_out";

/** Sends what waits, in order, one call at a time, until nothing is left; afterwards it sleeps until somebody kicks it. */
export class Sender {
  private standing: Standing = "idle";
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private kicked = false;
  /** After a whole batch was refused, scans go one by one until the queue is through, to find the one that is wrong. */
  private most: number | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly outbox: Outbox,
    private readonly wire: Wire,
    private readonly wait: (failures: number) => number = backoff,
  ) {}

  get state(): Standing {
    return this.standing;
  }

  readonly subscribe = (told: () => void): (() => void) => {
    this.listeners.add(told);
    return () => this.listeners.delete(told);
  };

  /** Tries now. Resolves when this round is over: nothing left, or the server out of reach. */
  kick(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.kicked = true;
    this.running ??= this.round().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Somebody signed in, or out: what waited for it may go. */
  resume(): Promise<void> {
    this.failures = 0;
    this.become("idle");
    return this.kick();
  }

  /** The server no longer knows this sign-in: nothing is sent until somebody signs in. */
  expire(): void {
    this.stop();
    this.become("signed_out");
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async round(): Promise<void> {
    do {
      this.kicked = false;
      if (this.expired()) return;
      const done = await this.sendAll();
      if (!done) return;
    } while (this.kicked);
    if (!this.expired()) this.become("idle");
  }

  private expired(): boolean {
    return this.standing === "signed_out";
  }

  private async sendAll(): Promise<boolean> {
    for (;;) {
      const next = nextToSend(this.outbox.entries, this.most);
      if (!next) {
        this.most = undefined;
        return true;
      }
      const wanted = next.kind === "scans" ? next.entries : [next.entry];
      const going = await this.outbox.leaving(wanted.map((entry) => entry.id));
      if (going.length === 0) {
        await this.outbox.refresh();
        continue;
      }
      this.become("sending");
      if (!(await this.send(going, next.kind))) return false;
    }
  }

  private async send(going: readonly Entry[], kind: "scans" | "single"): Promise<boolean> {
    const first = going[0];
    if (!first) return true;
    try {
      const results = kind === "scans" ? await this.wire.scans(going) : [await this.wire.single(first)];
      await this.outbox.settle(results);
      // An answer that leaves out an entry would otherwise be asked for again at once, for ever.
      if (results.length < going.length) return this.retryLater({ kind: "unreachable", message: null });
      this.failures = 0;
      return true;
    } catch (problem) {
      const failure = failureOf(problem);
      if (failure.kind !== "refused") return this.retryLater(failure);
      if (going.length > 1) {
        this.most = 1;
        return true;
      }
      await this.outbox.settle([{ id: first.id, ok: false, code: failure.code, message: failure.message }]);
      return true;
    }
  }

  private retryLater(failure: Failure): false {
    if (failure.kind === "signed_out") {
      this.become("signed_out");
      return false;
    }
    this.failures += 1;
    this.become("unreachable");
    this.timer = setTimeout(() => void this.kick(), this.wait(this.failures));
    return false;
  }

  private become(standing: Standing): void {
    if (standing === this.standing) return;
    this.standing = standing;
    for (const told of this.listeners) told();
  }
}
