import type { Decimal } from "@shared/decimal";
import { formatDecimal, formatMoney, signOf } from "@shared/decimal";
import { formatAgo, formatExact, formatTime } from "@shared/time";
import { Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../app/preferences";

export function tone(value: Decimal | null | undefined): string {
  const sign = signOf(value);
  return sign > 0 ? "gain" : sign < 0 ? "loss" : "even";
}

/** A number the reader may not see (blind count) or that does not exist yet. */
export function Unseen() {
  const { t } = useTranslation();
  return (
    <Tooltip title={t("value.unseen")}>
      <span className="unseen" tabIndex={0} aria-label={t("value.unseen")}>—</span>
    </Tooltip>
  );
}

interface MoneyProps {
  value: Decimal | null | undefined;
  currency?: string | undefined;
  /** Gain or loss: sign shown, colour by meaning. */
  signed?: boolean;
}

export function Money({ value, currency, signed = false }: MoneyProps) {
  if (value == null) return <Unseen />;
  return <span className={`num ${signed ? tone(value) : ""}`}>{formatMoney(value, currency, signed)}</span>;
}

interface QuantityProps {
  value: Decimal | null | undefined;
  unit?: string | undefined;
  signed?: boolean;
}

export function Quantity({ value, unit, signed = false }: QuantityProps) {
  if (value == null) return <Unseen />;
  return (
    <span className={`num ${signed ? tone(value) : ""}`}>
      {formatDecimal(value, { signed })}
      {unit ? <span className="unit"> {unit}</span> : null}
    </span>
  );
}

/** A moment in the reader's zone; the exact one on hover. */
export function When({ at, ago = false, seconds = false }: { at: string | null | undefined; ago?: boolean; seconds?: boolean }) {
  const { language } = usePreferences();
  if (!at) return <span className="quiet">—</span>;
  return (
    <time dateTime={at} title={formatExact(at, language)}>
      {ago ? formatAgo(at, language) : formatTime(at, language, seconds)}
    </time>
  );
}

export function Code({ children }: { children: string | null | undefined }) {
  return children ? <span className="code">{children}</span> : <span className="quiet">—</span>;
}
