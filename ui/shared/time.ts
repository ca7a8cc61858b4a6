/** Times arrive as ISO 8601 with offset and are shown in the reader's own zone. */
export type Language = "zh-CN" | "en";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

function shown(iso: string | null | undefined, language: Language, options: Intl.DateTimeFormatOptions): string {
  if (!iso) return "—";
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : format(language, options).format(at);
}

/** 2026-11-22 15:04 in the reader's words; the year only when it is another one. */
export function formatTime(iso: string | null | undefined, language: Language, seconds = false): string {
  const year = iso && new Date(iso).getFullYear() !== new Date().getFullYear();
  return shown(iso, language, {
    ...(year ? { year: "numeric" } : {}),
    month: language === "en" ? "short" : "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
  });
}

/** Date, time, seconds and zone: for tooltips and evidence. */
export function formatExact(iso: string | null | undefined, language: Language): string {
  return shown(iso, language, {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "shortOffset",
  });
}

export function formatClock(iso: string | null | undefined, language: Language): string {
  return shown(iso, language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function formatDay(iso: string | null | undefined, language: Language): string {
  return shown(iso, language, { month: "numeric", day: "numeric" });
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** "3 minutes ago". */
export function formatAgo(iso: string | null | undefined, language: Language, now = Date.now()): string {
  if (!iso) return "—";
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const words = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size || unit === "second") return words.format(Math.trunc(seconds / size), unit);
  }
  return "—";
}

/** Seconds as "1 h 20 min". */
export function formatDuration(seconds: number, language: Language): string {
  const write = (value: number, unit: string): string =>
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
  if (seconds < 60) return write(Math.max(1, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return write(minutes, "minute");
  const rest = minutes % 60;
  return write(Math.floor(minutes / 60), "hour") + (rest ? ` ${write(rest, "minute")}` : "");
}

/** A plain count (never a quantity): 12,345. */
export function formatCount(count: number | null | undefined): string {
  return count == null ? "—" : count.toLocaleString("en-US");
}
