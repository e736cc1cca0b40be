// What the server says of a chart: the data block `#charts` of the page.

export type Kind = "line" | "bars" | "stacked";
export type Unit = "count" | "share" | "money";
export type Style = "main" | "before" | "second" | "third" | "good" | "bad";

export interface Series {
  name: string;
  style: Style;
  values: (number | null)[];
  /** From this index on the interval is still running; the line that leads to it is dotted too. */
  dottedFrom?: number | null;
  /** Up to this index the figure does not have its whole window yet. */
  dottedTo?: number | null;
  /** What each point is called, where it isn't what `x` is called: the period before. */
  labels?: string[] | null;
}

export interface Mark {
  at: number;
  text: string;
}

export interface Chart {
  id: string;
  kind: Kind;
  unit: Unit;
  /** The first day of each interval. */
  x: string[];
  labels: string[];
  series: Series[];
  marks?: Mark[] | null;
  level?: { value: number; text: string } | null;
  area?: boolean;
}

export function chartsOf(root: ParentNode): Chart[] {
  const block = root.querySelector("#charts");
  if (!block?.textContent) return [];
  return (JSON.parse(block.textContent) as { charts: Chart[] }).charts;
}

export function sameDays(one: Chart, other: Chart): boolean {
  return one.x.length === other.x.length && one.x[0] === other.x[0] && one.x.at(-1) === other.x.at(-1);
}

/** Whether the interval at `index` is not over yet. */
export function isRunning(series: Series, index: number): boolean {
  return series.dottedFrom != null && index >= series.dottedFrom;
}

/** Whether a series has something to show at `index`. */
export function isKnown(series: Series, index: number): boolean {
  return series.values[index] != null;
}
