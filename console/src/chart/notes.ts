// What stands in a chart beside its figures: annotations, a level, the names of lines.

import type uPlot from "uplot";
import type { Chart, Series } from "./contract.ts";
import { isLevelInSight } from "./scale.ts";
import { colour, font, styleColour } from "./theme.ts";

const SIZE = 11;

/** A dotted pole with a flag on the axis at each annotation; its text is in the tip and in the table. */
export function drawMarks(u: uPlot, chart: Chart): void {
  const { ctx, bbox } = u;
  const pixel = devicePixelRatio;
  ctx.save();
  for (const { at } of chart.marks ?? []) {
    const x = Math.round(u.valToPos(at, "x", true)) + 0.5 * pixel;
    const bottom = bbox.top + bbox.height;
    ctx.strokeStyle = ctx.fillStyle = colour("--mark");
    ctx.lineWidth = pixel;
    ctx.setLineDash([pixel, 3 * pixel]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    flag(ctx, x, bottom);
  }
  ctx.restore();
}

function flag(ctx: CanvasRenderingContext2D, x: number, bottom: number): void {
  const pixel = devicePixelRatio;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x, bottom);
  ctx.lineTo(x, bottom - 14 * pixel);
  ctx.lineTo(x + 9 * pixel, bottom - 10.5 * pixel);
  ctx.lineTo(x, bottom - 7 * pixel);
  ctx.fill();
  ctx.stroke();
}

/** A level's line, if it is in sight; the legend has its text. */
export function drawLevel(u: uPlot, chart: Chart): void {
  if (!isLevelInSight(chart)) return;
  const { ctx, bbox } = u;
  const pixel = devicePixelRatio;
  const y = Math.round(u.valToPos(chart.level!.value, "y", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour("--mark");
  ctx.lineWidth = 1.5 * pixel;
  ctx.setLineDash([6 * pixel, 3 * pixel]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** The lines that are named at their ends: a few with short names, where there is room. */
export function endNamed(chart: Chart, width: number): Series[] {
  const named = chart.series.filter(({ style }) => style !== "before");
  const fits = chart.kind === "line" && named.length > 1 && named.every(({ name }) => name.length <= 8) && width >= 340;
  return fits ? named : [];
}

export function drawEndNames(u: uPlot, series: Series[]): void {
  const { ctx, bbox } = u;
  const ends = series
    .map(({ name, style, values }) => ({ name, style, y: u.valToPos(values.findLast((value) => value != null) ?? 0, "y", true) }))
    .sort((one, other) => one.y - other.y);
  let lowest = -Infinity;
  ctx.save();
  ctx.font = scaled(SIZE + 1, 600);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { name, style, y } of ends) {
    lowest = Math.max(y, lowest + (SIZE + 3) * devicePixelRatio);
    ctx.fillStyle = styleColour(style);
    ctx.fillText(name, bbox.left + bbox.width + 6 * devicePixelRatio, lowest);
  }
  ctx.restore();
}

function scaled(size: number, weight = 400): string {
  return `${weight} ${font(size * devicePixelRatio)}`;
}

/** A text's width on the page, in CSS pixels. */
export function textWidth(text: string, size = SIZE): number {
  const ctx = document.createElement("canvas").getContext("2d");
  if (!ctx) return text.length * size * 0.6;
  ctx.font = font(size);
  return ctx.measureText(text).width;
}
