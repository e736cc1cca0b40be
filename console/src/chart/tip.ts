// The tip: what a chart says at the cursor, beside the point and within the window.

import type { Chart } from "./contract.ts";
import { sample } from "./legend.ts";
import { inSentence, type Point } from "./text.ts";

const DISTANCE = 14;
const EDGE = 8;

export class Tip {
  readonly #element = document.createElement("div");

  constructor() {
    this.#element.className = "tip";
    this.#element.setAttribute("aria-hidden", "true");
    this.hide();
    document.body.append(this.#element);
  }

  hide(): void {
    this.#element.hidden = true;
  }

  show(kind: Chart["kind"], point: Point, { x, area }: { x: number; area: DOMRect }): void {
    this.#element.replaceChildren(...content(kind, point));
    this.#element.hidden = false;
    const { left, top } = placed({ x, area, width: this.#element.offsetWidth, height: this.#element.offsetHeight });
    this.#element.style.transform = `translate(${Math.round(left + scrollX)}px, ${Math.round(top + scrollY)}px)`;
  }
}

function content(kind: Chart["kind"], { title, readings, notes }: Point): HTMLElement[] {
  return [
    line("b", title),
    ...readings.map(({ style, value, name }) => {
      const row = line("span", name ? `${value} ${inSentence(name)}` : value);
      row.className = style;
      row.prepend(sample(kind, style));
      return row;
    }),
    ...notes.map((note) => Object.assign(line("span", `⚑ ${note}`), { className: "note" })),
  ];
}

function line(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** Right of the point, else left of it; above the chart where neither has room. */
function placed({ x, area, width, height }: { x: number; area: DOMRect; width: number; height: number }) {
  const room = document.documentElement.clientWidth - EDGE;
  const right = x + DISTANCE;
  const left = x - DISTANCE - width;
  if (right + width <= room) return { left: right, top: area.top };
  if (left >= EDGE) return { left, top: area.top };
  return { left: Math.max(EDGE, Math.min(x - width / 2, room - width)), top: area.top - height - EDGE };
}
