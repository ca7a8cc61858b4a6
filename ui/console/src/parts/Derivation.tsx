import { type Decimal, add, negate, signOf } from "@shared/decimal";
import type { LineDetail, LineMovement } from "@shared/model";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { word } from "../app/words";
import { Code, Money, Quantity, When } from "./values";

/** Movements up to the count are in the expected quantity; later ones wait for the next. */
function split(line: LineDetail): { before: LineMovement[]; after: LineMovement[] } {
  const sorted = [...line.movements].sort((a, b) => Date.parse(a.occurred) - Date.parse(b.occurred));
  return {
    before: sorted.filter(({ included }) => included),
    after: sorted.filter(({ included }) => !included),
  };
}

/** What snapshot and listed movements leave unexplained of the expected quantity. */
function residue(snapshot: Decimal, movements: LineMovement[], expected: Decimal): Decimal {
  return add(expected, negate(add(snapshot, ...movements.map(({ quantity }) => quantity))));
}

/** The sum a bookkeeper would write: snapshot, each movement, expected; then counted, and what is left. */
export function Derivation({ line, currency }: { line: LineDetail; currency?: string | undefined }) {
  const { t } = useTranslation();
  if (line.expected === null || line.snapshot === null) {
    return (
      <section className="drawer-part">
        <h3>{t("derive.title")}</h3>
        <p className="quiet">{t("value.unseen")}</p>
        <table className="ledger"><tbody><Sum name={t("derive.counted")} strong><Quantity value={line.counted} unit={line.unit} /></Sum></tbody></table>
      </section>
    );
  }
  const { before, after } = split(line);
  const rest = residue(line.snapshot, before, line.expected);
  return (
    <section className="drawer-part">
      <h3>{t("derive.title")}</h3>
      <table className="ledger">
        <tbody>
          <Sum name={t("derive.snapshot")}><Quantity value={line.snapshot} unit={line.unit} /></Sum>
          {before.map((movement) => <Movement key={movement.id} of={movement} unit={line.unit} />)}
          {signOf(rest) === 0 ? null : <Sum name={t("derive.rest")}><Quantity value={rest} unit={line.unit} signed /></Sum>}
          <Sum name={t("derive.expected")} strong rule>
            <Quantity value={line.expected} unit={line.unit} />
          </Sum>
          <Sum name={t("derive.counted")} strong><Quantity value={line.counted} unit={line.unit} /></Sum>
          <Sum name={t("derive.variance")} strong rule double>
            <Quantity value={line.variance} unit={line.unit} signed />
          </Sum>
          {line.value === null ? null : (
            <Sum name={t("derive.value")}>
              {line.price === null ? null : <span className="quiet">× <Money value={line.price} currency={currency} /> = </span>}
              <Money value={line.value} currency={currency} signed />
            </Sum>
          )}
        </tbody>
      </table>
      <Interval line={line} />
      {after.length ? (
        <details className="after">
          <summary>{t("derive.after", { count: after.length })}</summary>
          <table className="ledger"><tbody>{after.map((movement) => <Movement key={movement.id} of={movement} unit={line.unit} />)}</tbody></table>
        </details>
      ) : null}
    </section>
  );
}

function Interval({ line }: { line: LineDetail }) {
  const { t } = useTranslation();
  const { variance_min: low, variance_max: high } = line;
  if (low === null || high === null || signOf(add(high, negate(low))) === 0) return null;
  return (
    <p className="interval">
      {t("derive.interval")} <b><Quantity value={low} signed /> … <Quantity value={high} unit={line.unit} signed /></b>
    </p>
  );
}

function Movement({ of, unit }: { of: LineMovement; unit: string }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td>
        {word("movement", of.kind)} <Code>{of.document || of.id}</Code>
        <div className="quiet small">
          {t("derive.occurred")} <When at={of.occurred} seconds />
          {of.posted ? <> · {t("derive.posted")} <When at={of.posted} seconds /></> : <> · <span className="wait-text">{t("derive.notPosted")}</span></>}
        </div>
      </td>
      <td className="right"><Quantity value={of.quantity} unit={unit} signed /></td>
    </tr>
  );
}

function Sum({ name, children, strong = false, rule = false, double = false }: {
  name: string; children: ReactNode; strong?: boolean; rule?: boolean; double?: boolean;
}) {
  return (
    <tr className={`${strong ? "ledger-strong" : ""} ${rule ? "ledger-rule" : ""} ${double ? "ledger-double" : ""}`}>
      <td>{name}</td>
      <td className="right">{children}</td>
    </tr>
  );
}
