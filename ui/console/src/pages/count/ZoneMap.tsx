import { toPlot } from "@shared/decimal";
import type { BinCell } from "@shared/model";
import { token } from "@shared/theme";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../../app/preferences";
import { type BinKind, isUndecided, kindOf } from "./binKinds";

const STEP = 24;
const CELL = 21;
/** Below this value at stake a variance is pale, above the last it is full. In the count's currency. */
const SHADES: readonly [number, number][] = [[100, 0.35], [1_000, 0.6], [10_000, 0.8], [Number.POSITIVE_INFINITY, 1]];
const GLYPHS: Record<BinKind, string> = { gain: "+", loss: "−", recount: "↻", match: "", counting: "", open: "" };

interface ZoneMapProps {
  label: string;
  bins: BinCell[];
  hover: (bin: BinCell | null) => void;
  open: (bin: BinCell) => void;
}

function shadeOf(bin: BinCell): number {
  const stake = toPlot(bin.value_abs);
  return SHADES.find(([limit]) => stake < limit)?.[1] ?? 1;
}

interface Ink {
  fill: Record<BinKind, string>;
  stroke: string;
  surface: string;
  focus: string;
}

function inks(): Ink {
  const surface = token("surface");
  return {
    fill: { gain: token("gain"), loss: token("loss"), recount: token("wait"), match: token("good-soft"), counting: token("accent-soft"), open: surface },
    stroke: token("line-strong"), surface, focus: token("focus"),
  };
}

function drawCell(pen: CanvasRenderingContext2D, bin: BinCell, x: number, y: number, ink: Ink): void {
  const kind = kindOf(bin);
  const strong = kind === "gain" || kind === "loss";
  const shade = strong ? shadeOf(bin) : 1;
  pen.globalAlpha = shade;
  pen.fillStyle = ink.fill[kind];
  pen.beginPath();
  pen.roundRect(x, y, CELL, CELL, 3);
  pen.fill();
  pen.globalAlpha = 1;
  if (kind === "open" || kind === "counting" || kind === "match") {
    pen.strokeStyle = ink.stroke;
    pen.lineWidth = 1;
    pen.setLineDash(kind === "open" ? [2, 2] : []);
    pen.stroke();
    pen.setLineDash([]);
  }
  if (kind === "counting") {
    pen.fillStyle = ink.focus;
    pen.fillRect(x, y + CELL - 3, CELL * (bin.lines ? bin.counted / bin.lines : 0), 3);
  }
  if (strong && isUndecided(bin)) {
    pen.fillStyle = ink.fill.recount;
    pen.strokeStyle = ink.surface;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(x + CELL - 4, y + 4, 4, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
  if (GLYPHS[kind]) {
    pen.fillStyle = strong && shade < 0.5 ? ink.fill[kind] : ink.surface;
    pen.fillText(GLYPHS[kind], x + CELL / 2, y + CELL / 2 + 1);
  }
}

/** One zone in walking order. Twenty thousand bins are one picture; arrow keys walk it, Enter opens the bin's lines. */
export function ZoneMap({ label, bins, hover, open }: ZoneMapProps) {
  const { t } = useTranslation();
  const { theme } = usePreferences();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState(-1);
  const columns = Math.max(1, Math.floor((width + STEP - CELL) / STEP));
  const rows = Math.ceil(bins.length / columns);
  useEffect(() => {
    const watched = canvas.current?.parentElement;
    if (!watched) return undefined;
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watcher.observe(watched);
    return () => watcher.disconnect();
  }, []);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen || !canvas.current || !width) return;
    const ratio = devicePixelRatio || 1;
    canvas.current.width = columns * STEP * ratio;
    canvas.current.height = rows * STEP * ratio;
    pen.scale(ratio, ratio);
    pen.font = "600 13px system-ui";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const ink = inks();
    bins.forEach((bin, index) => drawCell(pen, bin, (index % columns) * STEP + 1, Math.floor(index / columns) * STEP + 1, ink));
    if (at >= 0) {
      pen.strokeStyle = ink.focus;
      pen.lineWidth = 2;
      pen.strokeRect((at % columns) * STEP, Math.floor(at / columns) * STEP, STEP - 1, STEP - 1);
    }
  }, [bins, width, columns, rows, at, theme]);
  const point = (event: PointerEvent<HTMLCanvasElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / STEP);
    const index = Math.floor((event.clientY - box.top) / STEP) * columns + column;
    return column < columns && index < bins.length ? index : -1;
  };
  const choose = (index: number): void => {
    setAt(index);
    hover(bins[index] ?? null);
  };
  const key = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const move = moves[event.key];
    const here = bins[at];
    if (event.key === "Enter" && here) open(here);
    if (move === undefined) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(bins.length - 1, at + move)));
  };
  const here = bins[at];
  return (
    <canvas
      ref={canvas}
      tabIndex={0}
      role="img"
      aria-label={`${t("map.label", { zone: label, amount: bins.length })} ${here ? `${here.bin}: ${t(`map.kind.${kindOf(here)}`)}` : ""}`}
      style={{ width: columns * STEP, height: rows * STEP, display: "block", cursor: here ? "pointer" : "default" }}
      onPointerMove={(event) => {
        const index = point(event);
        if (index !== at) choose(index);
      }}
      onPointerLeave={() => setAt(-1)}
      onClick={() => here && open(here)}
      onKeyDown={key}
      onFocus={() => at < 0 && choose(0)}
    />
  );
}
