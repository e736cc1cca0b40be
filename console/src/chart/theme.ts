// The page's colours and font, for the canvas: custom properties of page.css, as the theme resolves them.

import type { Style } from "./contract.ts";

const PROPERTY: Record<Style, string> = {
  main: "--line-main",
  before: "--line-before",
  second: "--line-second",
  third: "--line-third",
  good: "--bar-good",
  bad: "--bar-bad",
};

let resolved = new Map<string, string>();

/** Colours are worked out once for a theme: each costs the browser a style. */
export function forgetColours(): void {
  resolved = new Map();
}

export function colour(property: string): string {
  let value = resolved.get(property);
  if (value === undefined) {
    value = compute(property);
    resolved.set(property, value);
  }
  return value;
}

export function styleColour(style: Style): string {
  return colour(PROPERTY[style]);
}

/** Bars are larger than lines, and touch: their colours are further apart. */
export function barColour(style: Style): string {
  return style === "main" || style === "second" ? colour(`--bar-${style}`) : styleColour(style);
}

/** `light-dark()` is resolved in colours alone, so one is made of the property. */
function compute(property: string): string {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  probe.style.color = `var(${property})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function font(size: number): string {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** Calls back whenever the colours may have changed: the system's theme, the page's, or paper. */
export function onTheme(changed: () => void): void {
  const listener = () => {
    forgetColours();
    changed();
  };
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "print"]) {
    matchMedia(query).addEventListener("change", listener);
  }
  new MutationObserver(listener).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}
