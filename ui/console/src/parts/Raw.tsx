/** Readable JSON; text that holds JSON is opened, other text stays as it came. */
function written(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (!/^\s*[[{]/.test(value)) return value;
  // Laying out text must not touch numbers: re-serialised digits could lose precision, so only quoted JSON is opened.
  try {
    const opened: unknown = JSON.parse(value);
    return /[:[,]\s*-?\d{16,}|\d\.\d{10,}/.test(value) ? value : JSON.stringify(opened, null, 2);
  } catch {
    return value;
  }
}

export function Raw({ value }: { value: unknown }) {
  return <pre className="raw" tabIndex={0}>{written(value)}</pre>;
}
