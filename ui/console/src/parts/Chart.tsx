import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { usePreferences } from "../app/preferences";

use([BarChart, LineChart, GridComponent, TitleComponent, TooltipComponent, SVGRenderer]);

interface ChartProps {
  /** What the picture says, for those who do not see it. */
  label: string;
  height: number;
  option: EChartsCoreOption;
  click?: ((name: string) => void) | undefined;
}

export default function Chart({ label, height, option, click }: ChartProps) {
  const { theme } = usePreferences();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const clicked = useRef(click);
  useEffect(() => {
    clicked.current = click;
  });
  useEffect(() => {
    if (!place.current) return undefined;
    const made = init(place.current, null, { renderer: "svg" });
    chart.current = made;
    made.on("click", (event) => clicked.current?.(String(event.name)));
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(place.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.current?.setOption({ animation: !still, animationDuration: 300, ...option }, true);
  }, [option, theme, height]);
  return <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
