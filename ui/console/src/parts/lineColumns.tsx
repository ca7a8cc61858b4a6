import { add, negate, signOf } from "@shared/decimal";
import type { Line } from "@shared/model";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { word } from "../app/words";
import type { Column } from "./Table";
import { StoryCell } from "./Stories";
import { State } from "./tags";
import { Parts } from "./Parts";
import { Code, Money, Quantity, When } from "./values";

function Spread({ line }: { line: Line }) {
  const { t } = useTranslation();
  const { variance_min: low, variance_max: high } = line;
  if (low === null || high === null || signOf(add(high, negate(low))) === 0) return null;
  return <div className="small wait-text nowrap" title={t("derive.interval")}>[<Quantity value={low} signed /> … <Quantity value={high} signed />]</div>;
}

/** The columns approvals and recounts share. */
export function useLineColumns(): Record<"item" | "place" | "book" | "variance" | "value" | "why" | "counter", Column<Line>> {
  const { t } = useTranslation();
  return {
    item: {
      id: "item", name: t("lines.item"), cell: (line) => (
        <div className="item-cell">
          <div className="item-name" title={line.item_name}>{line.item_name}</div>
          <div className="small quiet"><Code>{line.item}</Code><Parts of={line} serial={line.tracking === "serial"} />{line.expired ? <> · <span className="tag tag-bad">{t("line.expired")}</span></> : null}</div>
        </div>
      ),
    },
    place: {
      id: "place", name: t("lines.bin"), cell: (line) => (
        <div className="nowrap"><Code>{line.bin}</Code><div className="small"><Link to={`/counts/${line.count}/lines?line=${line.id}`}>{line.count}</Link></div></div>
      ),
    },
    book: {
      id: "book", name: t("lines.expectedCounted"), number: true, cell: (line) => (
        <span className="nowrap"><Quantity value={line.expected} /> <span className="quiet">→</span> <b><Quantity value={line.counted} unit={line.unit} /></b></span>
      ),
    },
    variance: {
      id: "variance", name: t("lines.varianceShort"), number: true, cell: (line) => <><b><Quantity value={line.variance} signed /></b><Spread line={line} /></>,
    },
    value: { id: "value", name: t("lines.value"), number: true, cell: (line) => <b><Money value={line.value} signed /></b> },
    why: {
      id: "why", name: t("lines.why"), cell: (line) => (
        <div className="why-cell">
          {line.state === "hold" ? <State of="lineState" code="hold" /> : null}
          <div>{word("outcome", line.outcome)}{line.pass > 1 ? <span className="quiet"> · {t("line.recountPass", { pass: line.pass })}</span> : null}</div>
          <StoryCell line={line} />
          {line.reasons.map((reason) => <div key={reason} className="small quiet">{reason}</div>)}
        </div>
      ),
    },
    counter: {
      id: "counter", name: t("lines.counter"), cell: (line) => <span className="nowrap">{line.counter ?? "—"}<div className="small quiet"><When at={line.counted_at} /></div></span>,
    },
  };
}
