// The names of a chart's series above it, each with a sample of how it is drawn.

import type { Chart, Style } from "./contract.ts";

export function legend(chart: Chart): HTMLElement[] {
  if (chart.series.length < 2) return [];
  const list = document.createElement("div");
  list.className = "legend";
  for (const { name, style } of chart.series) {
    const item = document.createElement("span");
    item.append(sample(chart.kind, style), name);
    list.append(item);
  }
  return [list];
}

export function sample(kind: Chart["kind"], style: Style): HTMLElement {
  const key = document.createElement("i");
  key.className = `key ${kind === "line" || style === "before" ? "line" : "bar"}-${style}`;
  return key;
}
