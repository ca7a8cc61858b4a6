/** The bridge: an arch over a deck, held by three hangers. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <g fill="none" stroke="var(--accent-ink)" strokeWidth="2.6" strokeLinecap="round">
        <path d="M5 20c4-9.5 18-9.5 22 0M5 24.5h22M11 15.5v9M16 13.2v11.3M21 15.5v9" />
      </g>
    </svg>
  );
}
