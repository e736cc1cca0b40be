// All charts of the page: drawn from the data block, with one cursor for those of the same days, by pointer and by keys.

import { chartsOf, isKnown, sameDays, type Chart } from "./contract.ts";
import { Plot } from "./plot.ts";
import { pointAt, sentence } from "./text.ts";
import { onTheme } from "./theme.ts";
import { Tip } from "./tip.ts";

/** Where the cursor stands: kept while the page refreshes itself. */
export interface Place {
  id: string;
  day: string;
}

export class Charts {
  readonly #say: (text: string) => void;
  readonly #tip = new Tip();
  #plots: Plot[] = [];
  #leading: Plot | null = null;

  constructor(say: (text: string) => void) {
    this.#say = say;
    onTheme(() => this.#plots.forEach((plot) => plot.redraw()));
    addEventListener("pointerdown", ({ target }) => {
      if (!(target instanceof Element && target.closest("figure.chart"))) this.#leave();
    });
  }

  /** Draws what the data block says; what was drawn before is gone. */
  draw(root: ParentNode): void {
    this.#leave();
    for (const plot of this.#plots) plot.destroy();
    this.#plots = chartsOf(root).flatMap((chart) => this.#plot(chart));
  }

  place(): Place | null {
    const plot = this.#leading;
    return plot?.index == null ? null : { id: plot.chart.id, day: plot.chart.x[plot.index] ?? "" };
  }

  restore(place: Place | null): void {
    const plot = this.#plots.find(({ chart }) => chart.id === place?.id);
    const index = plot?.chart.x.indexOf(place?.day ?? "") ?? -1;
    if (plot && index >= 0) this.#stand(plot, index);
  }

  #plot(chart: Chart): Plot[] {
    const figure = document.getElementById(`chart-${chart.id}`);
    if (!figure || chart.x.length === 0) return [];
    const plot = new Plot(figure, chart);
    figure.addEventListener("keydown", (event) => this.#key(event, plot));
    figure.addEventListener("pointermove", ({ clientX }) => this.#stand(plot, plot.nearest(clientX)));
    figure.addEventListener("pointerdown", ({ clientX }) => this.#stand(plot, plot.nearest(clientX)));
    figure.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && this.#leave());
    figure.addEventListener("blur", () => this.#leave());
    return [plot];
  }

  #key(event: KeyboardEvent, plot: Plot): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.#leave();
    const index = moved(event.key, plot);
    if (index === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#stand(plot, index);
    this.#say(sentence(pointAt(plot.chart, index)));
  }

  #stand(leading: Plot, index: number): void {
    if (this.#leading === leading && leading.index === index) return;
    this.#leading = leading;
    for (const plot of this.#plots) plot.stand(sameDays(plot.chart, leading.chart) ? index : null);
    this.#tip.show(leading.chart.kind, pointAt(leading.chart, index), { x: leading.pointX(index), area: leading.area() });
  }

  #leave(): void {
    this.#tip.hide();
    if (!this.#leading) return;
    this.#leading = null;
    for (const plot of this.#plots) plot.stand(null);
  }
}

/** The point that a key leads to. The first key of all goes to the last point that has a figure. */
function moved(key: string, { chart, index }: Plot): number | null {
  const last = chart.x.length - 1;
  switch (key) {
    case "ArrowLeft":
      return index === null ? lastKnown(chart) : Math.max(index - 1, 0);
    case "ArrowRight":
      return index === null ? lastKnown(chart) : Math.min(index + 1, last);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}

function lastKnown(chart: Chart): number {
  const known = chart.x.findLastIndex((_, at) => chart.series.some((series) => series.style !== "before" && isKnown(series, at)));
  return Math.max(known, 0);
}
