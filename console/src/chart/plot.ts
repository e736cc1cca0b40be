// One chart: its canvas, its legend, and a cursor that stands on a point or nowhere.

import uPlot from "uplot";
import { drawBars } from "./bars.ts";
import type { Chart } from "./contract.ts";
import { legend } from "./legend.ts";
import { plotted, type Plotted } from "./lines.ts";
import { drawEndNames, drawLevel, drawMarks, endNamed, textWidth } from "./notes.ts";
import { dayTicks, topValue, valueLines } from "./scale.ts";
import { axisFigure } from "./text.ts";
import { colour, font, styleColour } from "./theme.ts";

/** The least distance between the middles of two labels of the horizontal axis. */
const TICK_ROOM = 62;
/** About what the vertical axis and the names of lines take of the width. */
const BESIDE = 80;

export class Plot {
  readonly chart: Chart;
  readonly figure: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #uplot: uPlot;
  readonly #resized: ResizeObserver;
  /** The point that the cursor stands on. */
  index: number | null = null;

  constructor(figure: HTMLElement, chart: Chart) {
    this.chart = chart;
    this.figure = figure;
    const place = figure.querySelector<HTMLElement>(".plot") ?? figure;
    this.#canvas = document.createElement("div");
    this.#canvas.className = "canvas";
    const named = endNamed(chart, place.clientWidth);
    place.replaceChildren(...(named.length ? [] : legend(chart)), this.#canvas);
    const lines = plotted(chart);
    this.#uplot = new uPlot(options(chart, lines, size(this.#canvas)), lines.data, this.#canvas);
    this.#resized = new ResizeObserver(() => this.#uplot.setSize(size(this.#canvas)));
    this.#resized.observe(this.#canvas);
  }

  redraw(): void {
    this.#uplot.redraw(false);
  }

  /** Puts the cursor on a point, or takes it away. */
  stand(index: number | null): void {
    this.index = index;
    const left = index === null ? -10 : this.#uplot.valToPos(index, "x");
    this.#uplot.setCursor({ left, top: index === null ? -10 : 0 });
  }

  /** The area of the figures, in the window. */
  area(): DOMRect {
    return this.#uplot.over.getBoundingClientRect();
  }

  /** Where a point is within the window. */
  pointX(index: number): number {
    return this.area().left + this.#uplot.valToPos(index, "x");
  }

  /** The point nearest to a place in the window. */
  nearest(clientX: number): number {
    const index = Math.round(this.#uplot.posToVal(clientX - this.area().left, "x"));
    return Math.min(Math.max(index, 0), this.chart.x.length - 1);
  }

  destroy(): void {
    this.#resized.disconnect();
    this.#uplot.destroy();
  }
}

function size(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(element.clientWidth, 80), height: Math.max(element.clientHeight, 60) };
}

function options(chart: Chart, { series }: Plotted, { width, height }: { width: number; height: number }): uPlot.Options {
  const lines = valueLines(topValue(chart), chart.unit);
  const half = chart.kind === "line" ? 0 : 0.5;
  const named = endNamed(chart, width);
  const right = named.length ? Math.ceil(Math.max(...named.map(({ name }) => textWidth(name, 12)))) + 12 : 26;
  return {
    width,
    height,
    padding: [10, right, 0, 0],
    legend: { show: false },
    cursor: cursor(chart.kind, series),
    scales: {
      x: { time: false, range: () => [-half, Math.max(chart.x.length - 1, half ? 0 : 1) + half] },
      y: { range: () => [0, lines.at(-1)!] },
    },
    series,
    axes: [dayAxis(chart), valueAxis(chart, lines)],
    hooks: {
      drawAxes: [(u) => chart.kind !== "line" && drawBars(u, chart)],
      draw: [(u) => drawMarks(u, chart), (u) => drawLevel(u, chart), (u) => drawEndNames(u, named)],
    },
  };
}

function dayAxis(chart: Chart): uPlot.Axis {
  const ticks = (u: uPlot) => dayTicks(chart.x, Math.max(1, Math.floor((u.width - BESIDE) / TICK_ROOM)));
  return {
    stroke: () => colour("--mut"),
    font: font(11),
    size: 26,
    gap: 5,
    grid: { show: false },
    border: { show: true, stroke: () => colour("--base"), width: 1 },
    ticks: { size: 4, width: 1, stroke: () => colour("--base") },
    splits: (u) => ticks(u).map(({ at }) => at),
    values: (u) => ticks(u).map(({ text }) => text),
  };
}

function valueAxis(chart: Chart, lines: number[]): uPlot.Axis {
  const step = lines[1]! - lines[0]!;
  const texts = lines.map((value) => axisFigure(value, step, chart.unit));
  return {
    stroke: () => colour("--mut"),
    font: font(11),
    size: Math.ceil(Math.max(...texts.map((text) => textWidth(text)))) + 12,
    gap: 8,
    grid: { stroke: () => colour("--grid"), width: 1 },
    ticks: { show: false },
    splits: () => lines,
    values: () => texts,
  };
}

/** The pointer is followed by charts.ts, which keys move as well. */
function cursor(kind: Chart["kind"], series: uPlot.Series[]): uPlot.Cursor {
  const none = () => null;
  return {
    y: false,
    drag: { x: false, y: false },
    bind: { mousedown: none, mouseup: none, click: none, dblclick: none, mousemove: none, mouseleave: none, mouseenter: none },
    points: {
      ...(kind === "line" ? {} : { show: false }),
      size: 8,
      width: 2,
      stroke: (u, index) => strokeOf(series[index]?.stroke, u, index),
      fill: () => colour("--card"),
    },
  };
}

function strokeOf(stroke: uPlot.Series["stroke"], u: uPlot, index: number): string {
  const value = typeof stroke === "function" ? stroke(u, index) : stroke;
  return typeof value === "string" ? value : styleColour("main");
}
