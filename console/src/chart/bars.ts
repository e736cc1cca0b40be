// Bars, side by side or stacked. Failures are hatched, a running interval's bar is pale within a dashed outline, and the
// period before is a dashed stroke across its bar's place: no difference is one of colour alone.

import type uPlot from "uplot";
import { isRunning, type Chart, type Series } from "./contract.ts";
import { barColour, colour, styleColour } from "./theme.ts";

/** What of a bar's place stays empty. */
const GAP = 0.24;
const WIDEST = 56;

interface Bar {
  series: Series;
  running: boolean;
  box: Box;
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function drawBars(u: uPlot, chart: Chart): void {
  const { ctx } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  const bars = chart.x.flatMap((_, index) => barsAt(u, chart, index));
  for (const series of chart.series.filter(({ style }) => style !== "before")) {
    fillBars(ctx, series, bars.filter((bar) => bar.series === series));
  }
  for (const series of chart.series.filter(({ style }) => style === "before")) strokeBefore(u, series);
  ctx.restore();
}

/** The width of a bar's place, in the canvas' pixels. */
function slotWidth(u: uPlot): number {
  return u.valToPos(1, "x", true) - u.valToPos(0, "x", true);
}

function barsAt(u: uPlot, chart: Chart, index: number): Bar[] {
  const shown = chart.series.filter(({ style }) => style !== "before");
  const whole = Math.min(slotWidth(u) * (1 - GAP), WIDEST * devicePixelRatio);
  const left = u.valToPos(index, "x", true) - whole / 2;
  const width = chart.kind === "stacked" ? whole : whole / shown.length;
  let base = 0;
  return shown.flatMap((series, place) => {
    const value = series.values[index];
    if (!value) return [];
    const from = chart.kind === "stacked" ? base : 0;
    base = from + value;
    const offset = chart.kind === "stacked" ? 0 : width * place;
    return [{ series, running: isRunning(series, index), box: box(u, { left: left + offset, width, from, to: base }) }];
  });
}

/** Whole pixels where a bar has some: edges stay sharp. Stacked bars are a hair apart. */
function box(u: uPlot, bar: { left: number; width: number; from: number; to: number }): Box {
  const top = Math.round(u.valToPos(bar.to, "y", true));
  const hair = bar.from > 0 ? devicePixelRatio : 0;
  const bottom = Math.round(u.valToPos(bar.from, "y", true)) - hair;
  const wide = bar.width > 3;
  return {
    left: wide ? Math.round(bar.left) : bar.left,
    width: wide ? Math.round(bar.width) - (bar.width > 8 ? devicePixelRatio : 0) : Math.max(bar.width, 1),
    top,
    height: Math.max(bottom - top, devicePixelRatio),
  };
}

function fillBars(ctx: CanvasRenderingContext2D, series: Series, bars: Bar[]): void {
  const whole = pathOf(bars.filter(({ running }) => !running));
  const running = pathOf(bars.filter((bar) => bar.running));
  ctx.fillStyle = ctx.strokeStyle = barColour(series.style);
  ctx.fill(whole);
  ctx.globalAlpha = 0.35;
  ctx.fill(running);
  ctx.globalAlpha = 1;
  if (series.style === "bad") hatch(ctx, [whole, running]);
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 2 * devicePixelRatio]);
  ctx.stroke(running);
}

function pathOf(bars: Bar[]): Path2D {
  const path = new Path2D();
  for (const { left, top, width, height } of bars.map(({ box }) => box)) {
    if (width < 4) path.rect(left, top, width, height);
    else path.roundRect(left, top, width, height, Math.min(2 * devicePixelRatio, height / 2));
  }
  return path;
}

function hatch(ctx: CanvasRenderingContext2D, paths: Path2D[]): void {
  const pattern = ctx.createPattern(stripes(), "repeat");
  if (!pattern) return;
  ctx.fillStyle = pattern;
  for (const path of paths) ctx.fill(path);
}

function stripes(): HTMLCanvasElement {
  const size = 6 * devicePixelRatio;
  const tile = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const ctx = tile.getContext("2d");
  if (!ctx) return tile;
  ctx.strokeStyle = colour("--card");
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = 1.4 * devicePixelRatio;
  for (const offset of [-size, 0, size]) {
    ctx.moveTo(offset - 1, size + 1);
    ctx.lineTo(offset + size + 1, -1);
  }
  ctx.stroke();
  return tile;
}

function strokeBefore(u: uPlot, series: Series): void {
  const half = slotWidth(u) / 2;
  const path = new Path2D();
  series.values.forEach((value, index) => {
    if (value == null) return;
    const x = u.valToPos(index, "x", true);
    const y = Math.round(u.valToPos(value, "y", true)) + 0.5;
    path.moveTo(x - half, y);
    path.lineTo(x + half, y);
  });
  u.ctx.strokeStyle = styleColour("before");
  u.ctx.lineWidth = 1.5 * devicePixelRatio;
  u.ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  u.ctx.stroke(path);
}
