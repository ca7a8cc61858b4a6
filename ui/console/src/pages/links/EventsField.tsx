import type { PolledFlow } from "@shared/model";
import { Button, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";

export type Pair = { event: string; flow: string };

export function pairsOf(events: Record<string, string>): Pair[] {
  return Object.entries(events).map(([event, flow]) => ({ event, flow }));
}

/** The pairs as the server takes them; null while one is not filled in or an event stands twice. */
export function eventsOf(pairs: Pair[]): Record<string, string> | null {
  const events = Object.fromEntries(pairs.map(({ event, flow }) => [event.trim(), flow]));
  const whole = pairs.length > 0 && pairs.every(({ event, flow }) => event.trim() && flow);
  return whole && Object.keys(events).length === pairs.length ? events : null;
}

/** Which flow runs on which event. */
export function EventsField({ pairs, change, flows }: { pairs: Pair[]; change: (pairs: Pair[]) => void; flows: PolledFlow[] }) {
  const { t } = useTranslation();
  const set = (index: number, part: Partial<Pair>): void => change(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <div className="field">
      <span>{t("hooks.events")}</span>
      {pairs.map((pair, index) => (
        <div className="row" key={index}>
          <Input className="grow code" value={pair.event} placeholder="inventory.approved" aria-label={t("hooks.event")} onChange={(event) => set(index, { event: event.target.value })} />
          <span aria-hidden="true">→</span>
          <Select style={{ width: 150 }} value={pair.flow || null} placeholder={t("hooks.flow")} aria-label={t("hooks.flow")} options={flows.map(({ flow }) => ({ value: flow, label: word("pollFlow", flow) }))} onChange={(flow: string) => set(index, { flow })} />
          <Button onClick={() => change(pairs.filter((_, at) => at !== index))} aria-label={t("hooks.drop")}>×</Button>
        </div>
      ))}
      <div><Button size="small" onClick={() => change([...pairs, { event: "", flow: "" }])}>{t("hooks.more")}</Button></div>
      <small>{t("hooks.eventsHint")}</small>
    </div>
  );
}
