// How figures and points are written, in the tip, the live region and on the axes.

import { isRunning, type Chart, type Series, type Unit } from "./contract.ts";

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const roundDollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 0 });

export function figure(value: number, unit: Unit): string {
  switch (unit) {
    case "count":
      return whole.format(value);
    case "share":
      return `${(value * 100).toFixed(1)}\u00a0%`;
    case "money":
      return dollars.format(value);
  }
}

/** A figure beside the axis: no more digits than the distance of the lines, `step`, asks for. */
export function axisFigure(value: number, step: number, unit: Unit): string {
  switch (unit) {
    case "count":
      return value >= 1e6 ? short.format(value) : whole.format(value);
    case "share":
      return `${(value * 100).toFixed(step * 100 < 1 ? 1 : 0)}\u00a0%`;
    case "money":
      return step < 1 ? dollars.format(value) : roundDollars.format(value);
  }
}

export interface Reading {
  style: Series["style"];
  /** The figure, and for the period before the day that it is of. */
  value: string;
  name: string;
}

/** What a chart says at one of its points. */
export interface Point {
  title: string;
  readings: Reading[];
  notes: string[];
}

export function pointAt(chart: Chart, index: number): Point {
  const running = chart.series.some((series) => series.style !== "before" && isRunning(series, index));
  const label = chart.labels[index] ?? "";
  return {
    title: running ? `${label}, so far` : label,
    readings: chart.series.flatMap((series) => reading(series, index, chart.unit)),
    notes: (chart.marks ?? []).filter((mark) => mark.at === index).map((mark) => mark.text),
  };
}

function reading(series: Series, index: number, unit: Unit): Reading[] {
  const value = series.values[index];
  if (value == null) return [];
  const label = series.labels?.[index];
  const text = figure(value, unit);
  return [{ style: series.style, value: label ? `${text} ${preposition(label)} ${label}` : text, name: label ? "" : series.name }];
}

function preposition(label: string): string {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/.test(label) ? "on" : "in";
}

/** "Thu 19 Nov: 2,759 active users; 2,490 on Thu 22 Oct; v2.4 released". */
export function sentence(point: Point): string {
  const readings = point.readings.map(({ value, name }) => (name ? `${value} ${inSentence(name)}` : value));
  return `${point.title}: ${[...(readings.length ? readings : ["no figure"]), ...point.notes].join("; ")}`;
}

/** A name within a sentence: "Active users" has no capital there, "DAU" has. */
export function inSentence(name: string): string {
  return /^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
