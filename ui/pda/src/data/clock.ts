/**
 * How far this device's clock is from the server's, in milliseconds (server − device).
 * The server's time lies between asking and hearing, so half the round trip is the possible error.
 */
export interface Measured {
  offset: number;
  roundTrip: number;
  /** Device time of the measurement. */
  at: number;
}

const STALE = 10 * 60_000;

/** Keeps the sharper of two measurements, unless the old one is stale or the two contradict (the device clock was set). */
export function better(kept: Measured | null, fresh: Measured): Measured {
  if (!kept || fresh.roundTrip <= kept.roundTrip) return fresh;
  const contradict = Math.abs(fresh.offset - kept.offset) > (fresh.roundTrip + kept.roundTrip) / 2 + 250;
  const stale = Math.abs(fresh.at - kept.at) > STALE;
  return contradict || stale ? fresh : kept;
}

export function measure(serverTime: string, asked: number, heard: number): Measured | null {
  const server = Date.parse(serverTime);
  if (Number.isNaN(server) || heard < asked) return null;
  return { offset: Math.round(server - (asked + heard) / 2), roundTrip: heard - asked, at: heard };
}

/** ISO 8601 with milliseconds and offset: 2026-03-01T09:30:00.120+08:00. `zone` = minutes east of UTC. */
export function isoWithOffset(milliseconds: number, zone: number = -new Date(milliseconds).getTimezoneOffset()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const local = new Date(milliseconds + zone * 60_000).toISOString().slice(0, -1);
  const distance = Math.abs(zone);
  return `${local}${zone < 0 ? "-" : "+"}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
}

const STORED = "countbridge.pda.clock";

export class Clock {
  private kept: Measured | null;

  constructor(
    private readonly now: () => number = Date.now,
    private readonly storage: Pick<Storage, "getItem" | "setItem"> = localStorage,
  ) {
    this.kept = readMeasured(storage.getItem(STORED));
  }

  device(): number {
    return this.now();
  }

  /** Learns from an answer that carried `server_time`. */
  learn(serverTime: unknown, asked: number, heard: number = this.now()): void {
    const fresh = typeof serverTime === "string" ? measure(serverTime, asked, heard) : null;
    if (!fresh) return;
    this.kept = better(this.kept, fresh);
    this.storage.setItem(STORED, JSON.stringify(this.kept));
  }

  /** The true time now, as well as this device knows it. */
  stamp(): string {
    return isoWithOffset(this.now() + (this.kept?.offset ?? 0));
  }

  get offset(): number {
    return this.kept?.offset ?? 0;
  }
}

function readMeasured(text: string | null): Measured | null {
  try {
    const read = JSON.parse(text ?? "null") as Measured | null;
    return read && [read.offset, read.roundTrip, read.at].every(Number.isFinite) ? read : null;
  } catch {
    return null;
  }
}
