// The names of a chart's series above it, each with a sample of how it is drawn; and its level.

import type { Chart, Style } from "./contract.ts";
import { isLevelInSight } from "./scale.ts";

export function legend(chart: Chart): HTMLElement[] {
  const { kind, series, level } = chart;
  const items = series.length < 2 ? [] : series.map(({ name, style }) => item(sample(kind, style), name));
  if (level) items.push(isLevelInSight(chart) ? item(key("line-level"), level.text) : item("↑ ", level.text));
  if (items.length === 0) return [];
  const list = document.createElement("div");
  list.className = "legend";
  list.append(...items);
  return [list];
}

export function sample(kind: Chart["kind"], style: Style): HTMLElement {
  return key(`${kind === "line" || style === "before" ? "line" : "bar"}-${style}`);
}

function item(sign: HTMLElement | string, text: string): HTMLElement {
  const element = document.createElement("span");
  element.append(sign, text);
  return element;
}

function key(name: string): HTMLElement {
  const element = document.createElement("i");
  element.className = `key ${name}`;
  return element;
}
