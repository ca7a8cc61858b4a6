import { add, compare, formatMoney, negate, toPlot } from "@shared/decimal";
import type { Zone } from "@shared/model";
import { token } from "@shared/theme";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { usePreferences } from "../../app/preferences";
import Chart from "../../parts/Chart";

const MOST = 12;
const ROW = 34;

const atStake = (zone: Zone): string => add(zone.gain ?? "0", negate(zone.loss ?? "0"));

/** Loss to the left, gain to the right, one bar per zone, the most value at stake on top. */
export default function GainLoss({ zones, currency, number }: { zones: Zone[]; currency: string; number: string }) {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  const navigate = useNavigate();
  const shown = useMemo(() => [...zones].sort((a, b) => compare(atStake(b), atStake(a))).slice(0, MOST), [zones]);
  const option = useMemo(() => {
    const ink = token("ink-2");
    const bar = (key: "gain" | "loss", side: "left" | "right") => ({
      name: t(`value.${key}`), type: "bar", stack: "value", barWidth: 14, color: token(key),
      data: shown.map((zone) => toPlot(zone[key])),
      label: {
        show: true, position: side, color: token(key), fontSize: 12, distance: 6,
        formatter: ({ dataIndex }: { dataIndex: number }) => (toPlot(shown[dataIndex]?.[key]) === 0 ? "" : short(shown[dataIndex]?.[key] ?? "0", currency)),
      },
    });
    return {
      grid: { left: 8, right: 8, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false, ...reach(shown) },
      yAxis: {
        type: "category", inverse: true, data: shown.map(({ zone }) => zone), position: "left", axisTick: { show: false },
        axisLine: { show: false }, axisLabel: { color: ink, fontSize: 13 },
      },
      series: [bar("loss", "left"), bar("gain", "right")],
    };
  }, [shown, currency, theme, t]);
  const label = shown.map((zone) => `${zone.zone}: ${t("value.gain")} ${formatMoney(zone.gain, currency, true)}, ${t("value.loss")} ${formatMoney(zone.loss, currency, true)}`).join("; ");
  return <Chart label={label} height={shown.length * ROW + 12} option={option} click={(zone) => void navigate(`/counts/${number}/lines?only=variance&zone=${encodeURIComponent(zone)}`)} />;
}

/** Room for the figures beside the longest bars. */
function reach(zones: Zone[]): { min: number; max: number } {
  const gain = Math.max(0, ...zones.map((zone) => toPlot(zone.gain)));
  const loss = Math.min(0, ...zones.map((zone) => toPlot(zone.loss)));
  const room = (gain - loss || 1) * 0.6;
  return { min: loss - room, max: gain + room };
}

/** Whole money units: the exact figure is in the table beside it. */
function short(value: string, currency: string): string {
  const whole = value.split(".")[0] ?? value;
  return formatMoney(whole === "-0" ? "0" : whole, currency, true).replace(/\.00$/, "");
}
