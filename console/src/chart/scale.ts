// Where the axes have their lines and labels.

import type { Chart, Unit } from "./contract.ts";

const LINES = 4;
/** A level further above the figures than this would flatten them: then the legend alone has it. */
const LEVEL_IN_SIGHT = 2.5;

/** The lines of the vertical axis, from 0 to the first at or above every value. */
export function valueLines(max: number, unit: Unit): number[] {
  const step = niceStep(max > 0 ? max / LINES : smallest(unit), unit);
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, line) => line * step);
}

function smallest(unit: Unit): number {
  return unit === "share" ? 0.01 : 1;
}

function niceStep(least: number, unit: Unit): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 10].find((factor) => factor * power >= least - 1e-12) ?? 10) * power;
  return unit === "count" ? Math.max(1, Math.ceil(step)) : step;
}

/** Whether the level is drawn among the figures. */
export function isLevelInSight(chart: Chart): boolean {
  return chart.level != null && chart.level.value <= topFigure(chart) * LEVEL_IN_SIGHT;
}

export function topValue(chart: Chart): number {
  return isLevelInSight(chart) ? Math.max(topFigure(chart), chart.level!.value) : topFigure(chart);
}

function topFigure(chart: Chart): number {
  const values = chart.kind === "stacked" ? stackTotals(chart) : chart.series.flatMap((series) => series.values);
  return values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
}

/** The stacked series' sums at each point; the period before is no part of a stack. */
export function stackTotals(chart: Chart): (number | null)[] {
  const before = chart.series.filter((series) => series.style === "before");
  const stack = chart.series.filter((series) => series.style !== "before");
  return chart.x.map((_, index) => {
    const sum = stack.reduce((total, series) => total + (series.values[index] ?? 0), 0);
    return Math.max(sum, ...before.map((series) => series.values[index] ?? 0));
  });
}

export interface Tick {
  at: number;
  text: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** Beyond so many days the months are labelled instead of days. */
const DAYS_LABELLED = 125;

/** The labels of the horizontal axis, as many as `room` allows. */
export function dayTicks(days: string[], room: number): Tick[] {
  const last = days.length - 1;
  if (last < 0) return [];
  const monthly = daysBetween(days[0]!, days[last]!) > DAYS_LABELLED || days.every((day) => day.endsWith("-01"));
  return monthly ? monthTicks(days, room) : everyFew(days, room);
}

function everyFew(days: string[], room: number): Tick[] {
  const steps = days.length > 14 ? [7, 14, 28] : [1, 2, 7];
  const step = steps.find((few) => days.length / few <= room) ?? Math.ceil(days.length / room);
  const text = (day: string) => `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]}`;
  return days.map((day, at) => ({ at, text: text(day) })).filter(({ at }) => at % step === 0);
}

function monthTicks(days: string[], room: number): Tick[] {
  const months = days.map((day, at) => ({ at, month: day.slice(0, 7) })).filter(({ month }, index) => isNewMonth(days, index, month));
  const step = [1, 2, 3, 6, 12, 24, 60].find((few) => months.length / few <= room) ?? 120;
  return months
    .filter(({ month }) => monthNumber(month) % step === 0)
    .map(({ at, month }, index) => ({ at, text: step % 12 === 0 ? month.slice(0, 4) : monthText(month, index === 0) }));
}

function isNewMonth(days: string[], index: number, month: string): boolean {
  const before = days[index - 1];
  return before === undefined ? days[index]!.endsWith("-01") : !before.startsWith(month);
}

function monthNumber(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
}

function monthText(month: string, isFirst: boolean): string {
  const name = MONTHS[Number(month.slice(5)) - 1]!;
  return isFirst || name === "Jan" ? `${name} ${month.slice(0, 4)}` : name;
}

function daysBetween(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / 86_400_000;
}
