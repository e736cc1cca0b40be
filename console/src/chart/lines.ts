// A chart's lines as uPlot draws them: a line with dotted parts is several series of uPlot's.

import type uPlot from "uplot";
import type { Chart, Series } from "./contract.ts";
import { stackTotals } from "./scale.ts";
import { colour, styleColour } from "./theme.ts";

type Values = (number | null)[];

interface Part {
  values: Values;
  dotted: boolean;
}

export interface Plotted {
  data: uPlot.AlignedData;
  series: uPlot.Series[];
}

/** The bars are drawn by bars.ts: uPlot has the sums, for its scale, and draws none. */
export function plotted(chart: Chart): Plotted {
  const indices = chart.x.map((_, index) => index);
  if (chart.kind === "line") {
    const parts = chart.series.flatMap((series) => partsOf(series).map((part) => ({ series, part })));
    return {
      data: [indices, ...parts.map(({ part }) => part.values)] as uPlot.AlignedData,
      series: [{}, ...parts.map(({ series, part }) => line(chart, series, part))],
    };
  }
  const values = chart.kind === "stacked" ? [stackTotals(chart)] : chart.series.map((series) => series.values);
  return {
    data: [indices, ...values] as uPlot.AlignedData,
    series: [{}, ...values.map(() => ({ paths: () => null, points: { show: false } }))],
  };
}

/** The parts share the points where they meet. */
function partsOf({ values, dottedFrom, dottedTo }: Series): Part[] {
  const last = values.length - 1;
  const from = Math.min(dottedTo ?? 0, last);
  const to = dottedFrom == null ? last : Math.max(dottedFrom - 1, from);
  const between = (first: number, last: number): Values => values.map((value, at) => (at >= first && at <= last ? value : null));
  const dotted = [[0, from] as const, [to, last] as const].filter(([first, end]) => first < end);
  const parts = dotted.map(([first, end]) => ({ values: between(first, end), dotted: true }));
  return from < to || parts.length === 0 ? [{ values: between(from, to), dotted: false }, ...parts] : parts;
}

function line(chart: Chart, series: Series, part: Part): uPlot.Series {
  const stroke = () => styleColour(series.style);
  const alone = lonePoints(part.values);
  return {
    stroke,
    width: series.style === "before" ? 1.5 : 2,
    cap: part.dotted ? "round" : "butt",
    ...(part.dotted ? { dash: [0.5, 4.5] } : series.style === "before" ? { dash: [5, 4] } : {}),
    ...(chart.area && series.style === "main" && !part.dotted ? { fill: () => colour("--area") } : {}),
    points: { show: alone.length > 0, filter: () => alone, size: 6, fill: stroke },
  };
}

/** Points with no neighbour: no line goes through them. */
function lonePoints(values: Values): number[] {
  return values.flatMap((value, at) => (value != null && values[at - 1] == null && values[at + 1] == null ? [at] : []));
}
