import { formatDecimal, formatMoney, formatShare, toPlot } from "@shared/decimal";
import type { ResultGroup } from "@shared/model";
import { token } from "@shared/theme";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../../app/preferences";
import Chart from "../../parts/Chart";
import type { Amounts } from "./Results";

const MOST = 12;
const ROW = 34;
const HEAD = 26;

interface ResultChartProps {
  groups: ResultGroup[];
  amounts: Amounts;
  currency: string;
}

/** For each group how right its lines were (left) and what was lost and gained (right), the most at stake on top. */
export default function ResultChart({ groups, amounts, currency }: ResultChartProps) {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  const shown = useMemo(() => groups.slice(0, MOST), [groups]);
  const option = useMemo(() => {
    const ink = token("ink-2");
    const say = (amount: string): string => (amounts === "value" ? formatMoney(amount, currency, true) : formatDecimal(amount, { signed: true }));
    const names = shown.map(({ name }) => name);
    const axis = (index: number, show: boolean) => ({
      type: "category", gridIndex: index, inverse: true, data: names, position: "left", axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { show, color: ink, fontSize: 13, width: 190, overflow: "truncate" },
    });
    const bar = (key: "gain" | "loss", side: "left" | "right") => ({
      name: t(`value.${key}`), type: "bar", stack: "amounts", xAxisIndex: 1, yAxisIndex: 1, barWidth: 14, color: token(key),
      data: shown.map((group) => toPlot(group[amounts][key])),
      label: {
        show: true, position: side, color: token(key), fontSize: 12, distance: 6,
        formatter: ({ dataIndex }: { dataIndex: number }) => (toPlot(shown[dataIndex]?.[amounts][key]) === 0 ? "" : say(shown[dataIndex]?.[amounts][key] ?? "0")),
      },
    });
    const title = (text: string, left: string) => ({ text, left, top: 0, textStyle: { color: token("ink-3"), fontSize: 12.5, fontWeight: 400 } });
    return {
      title: [title(t("results.iraLines"), "19%"), title(`${t("value.loss")} / ${t("value.gain")}`, "52%")],
      grid: [{ left: "19%", width: "24%", top: HEAD, bottom: 4 }, { left: "52%", right: 8, top: HEAD, bottom: 4 }],
      xAxis: [{ type: "value", gridIndex: 0, show: false, min: 0, max: 1 }, { type: "value", gridIndex: 1, show: false, ...reach(shown, amounts) }],
      yAxis: [axis(0, true), axis(1, false)],
      series: [
        {
          name: t("results.iraLines"), type: "bar", xAxisIndex: 0, yAxisIndex: 0, barWidth: 14, color: token("accent"),
          showBackground: true, backgroundStyle: { color: token("sunken") },
          data: shown.map((group) => toPlot(group.accuracy)),
          label: { show: true, position: "right", color: ink, fontSize: 12, distance: 6, formatter: ({ dataIndex }: { dataIndex: number }) => formatShare(shown[dataIndex]?.accuracy) },
        },
        bar("loss", "left"), bar("gain", "right"),
      ],
    };
    // `theme` is what the tokens follow.
  }, [shown, amounts, currency, theme, t]);
  const label = shown.map((group) => `${group.name}: ${t("results.iraLines")} ${formatShare(group.accuracy)}, ${t("value.gain")} ${group[amounts].gain}, ${t("value.loss")} ${group[amounts].loss}`).join("; ");
  return <Chart label={label} height={shown.length * ROW + HEAD + 8} option={option} />;
}

/** Room for the figures beside the longest bars. */
function reach(groups: ResultGroup[], amounts: Amounts): { min: number; max: number } {
  const gain = Math.max(0, ...groups.map((group) => toPlot(group[amounts].gain)));
  const loss = Math.min(0, ...groups.map((group) => toPlot(group[amounts].loss)));
  const room = (gain - loss || 1) * 0.5;
  return { min: loss - room, max: gain + room };
}
