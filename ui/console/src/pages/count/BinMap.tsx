import type { BinCell } from "@shared/model";
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useParam } from "../../app/params";
import { api } from "../../app/server";
import { Panel } from "../../parts/layout";
import { Load, Notice } from "../../parts/states";
import { BinFacts } from "./BinFacts";
import { useCount } from "./Count";
import { KINDS, isUndecided, kindOf } from "./binKinds";
import { ZoneMap } from "./ZoneMap";

interface ZoneOfBins {
  key: string;
  warehouse: string;
  zone: string;
  bins: BinCell[];
}

function byZone(bins: BinCell[]): ZoneOfBins[] {
  const zones = new Map<string, ZoneOfBins>();
  for (const bin of [...bins].sort((a, b) => a.order - b.order)) {
    const key = `${bin.warehouse}/${bin.zone}`;
    const zone = zones.get(key) ?? { key, warehouse: bin.warehouse, zone: bin.zone, bins: [] };
    zone.bins.push(bin);
    zones.set(key, zone);
  }
  return [...zones.values()];
}

export function Component() {
  const { t } = useTranslation();
  const count = useCount();
  const bins = useQuery({ queryKey: ["bins", count.number], queryFn: () => api.bins(count.number) });
  return (
    <Load of={bins} rows={10} isEmpty={({ rows }) => rows.length === 0} empty={<Notice mark="empty" title={t("map.none")}>{t("map.noneNext")}</Notice>}>
      {({ rows }) => <MapOfBins bins={rows} />}
    </Load>
  );
}

function MapOfBins({ bins }: { bins: BinCell[] }) {
  const { t } = useTranslation();
  const count = useCount();
  const navigate = useNavigate();
  const [get, set] = useParam();
  const [hovered, setHovered] = useState<BinCell | null>(null);
  const zones = useMemo(() => byZone(bins), [bins]);
  const warehouses = useMemo(() => [...new Set(zones.map(({ warehouse }) => warehouse))], [zones]);
  const warehouse = get("warehouse");
  const open = (bin: BinCell): void =>
    void navigate(`/counts/${count.number}/lines?${new URLSearchParams({ zone: bin.zone, bin: bin.bin })}`);
  return (
    <div className="map">
      <div className="map-zones">
        {warehouses.length > 1 ? (
          <Segmented
            aria-label={t("map.warehouse")}
            options={[{ value: "", label: t("map.allWarehouses") }, ...warehouses.map((code) => ({ value: code, label: count.warehouses.find((one) => one.code === code)?.name ?? code }))]}
            value={warehouse ?? ""}
            onChange={(value) => set({ warehouse: value })}
          />
        ) : null}
        {zones.filter((zone) => !warehouse || zone.warehouse === warehouse).map((zone) => (
          <Panel key={zone.key} title={`${zone.warehouse} / ${zone.zone}`} note={t("map.bins", { count: zone.bins.length })}>
            <ZoneMap label={`${zone.warehouse} ${zone.zone}`} bins={zone.bins} hover={setHovered} open={open} />
          </Panel>
        ))}
      </div>
      <aside className="map-side">
        <Panel title={t("map.legend")}><Legend bins={bins} /></Panel>
        <Panel title={t("map.bin")}><BinFacts bin={hovered} currency={count.currency} /></Panel>
        <p className="quiet small">{t("map.hint")}</p>
      </aside>
    </div>
  );
}

function Legend({ bins }: { bins: BinCell[] }) {
  const { t } = useTranslation();
  const amounts = useMemo(() => {
    const found: Record<string, number> = {};
    for (const bin of bins) found[kindOf(bin)] = (found[kindOf(bin)] ?? 0) + 1;
    return found;
  }, [bins]);
  return (
    <ul className="map-legend">
      {KINDS.map((kind) => (
        <li key={kind}>
          <i className={`map-key map-key-${kind}`} aria-hidden="true" />
          <span>{t(`map.kind.${kind}`)}</span>
          <span className="num quiet">{amounts[kind] ?? 0}</span>
        </li>
      ))}
      <li>
        <i className="map-key map-key-mark" aria-hidden="true" />
        <span>{t("map.undecided")}</span>
        <span className="num quiet">{bins.filter(isUndecided).length}</span>
      </li>
    </ul>
  );
}
