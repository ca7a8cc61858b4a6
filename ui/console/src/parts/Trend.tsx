import { formatShare, toPlot } from "@shared/decimal";
import type { Today } from "@shared/model";
import { token } from "@shared/theme";
import { formatDay } from "@shared/time";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { usePreferences } from "../app/preferences";
import Chart from "./Chart";

/** Distances between the four lines of the scale, fine to coarse. */
const STEPS = [0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25];

/** Accuracy of the last counts: share of lines within tolerance, and of quantity. */
export default function Trend({ points }: { points: Today["accuracy"] }) {
  const { t } = useTranslation();
  const { language, theme } = usePreferences();
  const navigate = useNavigate();
  const option = useMemo(() => {
    const plotted = points.map(({ lines, quantity }) => [lines, quantity].flatMap((share) => (share === null ? [] : [toPlot(share)]))).flat();
    const step = STEPS.find((size) => 1 - 4 * size <= Math.min(1, ...plotted)) ?? 0.25;
    const ink = token("ink-3");
    const lineOf = (key: "lines" | "quantity", name: string, colour: string, dashed: boolean) => ({
      name, type: "line", symbol: dashed ? "circle" : "rect", symbolSize: 7, showAllSymbol: true, connectNulls: false, color: colour,
      lineStyle: { width: 2, type: dashed ? "dashed" : "solid" },
      data: points.map((point) => (point[key] === null ? null : toPlot(point[key]))),
    });
    return {
      grid: { left: 46, right: 10, top: 14, bottom: 24 },
      tooltip: {
        trigger: "axis", backgroundColor: token("surface"), borderColor: token("line"), textStyle: { color: token("ink"), fontSize: 13 },
        formatter: (shown: { dataIndex: number }[]) => {
          const point = points[shown[0]?.dataIndex ?? 0];
          return point ? `<b>${point.number}</b><br>${t("today.lines")} ${formatShare(point.lines)}<br>${t("today.quantity")} ${formatShare(point.quantity)}` : "";
        },
      },
      xAxis: { type: "category", data: points.map(({ closed_at }) => formatDay(closed_at, language)), axisLine: { lineStyle: { color: token("line-strong") } }, axisTick: { show: false }, axisLabel: { color: ink } },
      yAxis: {
        type: "value", max: 1, min: 1 - 4 * step, interval: step,
        axisLabel: { color: ink, formatter: (value: number) => `${Math.round(value * 1000) / 10}%` }, splitLine: { lineStyle: { color: token("line") } },
      },
      series: [lineOf("lines", t("today.lines"), token("accent"), false), lineOf("quantity", t("today.quantity"), token("ink-3"), true)],
    };
    // `theme` is what the tokens follow.
  }, [points, language, theme, t]);
  const last = points.at(-1);
  const label = last ? t("today.accuracyLabel", { number: last.number, lines: formatShare(last.lines), quantity: formatShare(last.quantity) }) : t("today.accuracy");
  return (
    <>
      <div className="legend">
        <span><i className="legend-line" style={{ background: "var(--accent)" }} /> {t("today.lines")} <b className="num">{formatShare(last?.lines)}</b></span>
        <span><i className="legend-line legend-dashed" /> {t("today.quantity")} <b className="num">{formatShare(last?.quantity)}</b></span>
      </div>
      <Chart label={label} height={190} option={option} click={(day) => {
        const point = points.find(({ closed_at }) => formatDay(closed_at, language) === day);
        if (point) void navigate(`/counts/${point.number}`);
      }} />
    </>
  );
}
