// A real browser: Debian's chromium. Whatever a page complains of in its console is a failure of its test.

import { existsSync } from "node:fs";
import assert from "node:assert/strict";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const PLACES = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export function launch(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  assert(executablePath, "no chromium: install it, or name one by CHROMIUM=");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
}

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, locale: "en", colorScheme: "light", reducedMotion: "reduce" };
export const PHONE: BrowserContextOptions = { ...DESKTOP, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/** What a page said that it should not have: errors, refusals of the content security policy, warnings. */
export function complaints(page: Page): string[] {
  const said: string[] = [];
  page.on("pageerror", (error) => said.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") said.push(message.text());
  });
  return said;
}

/** Opens a page of its own, runs `steps` on it, and fails if it complained of anything but `expected`. */
export async function onPage(browser: Browser, options: BrowserContextOptions, steps: (page: Page) => Promise<void>, expected?: RegExp): Promise<void> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(5000);
  const page = await context.newPage();
  const said = complaints(page);
  try {
    await steps(page);
    assert.deepEqual(said.filter((line) => !expected?.test(line)), []);
  } finally {
    await context.close();
  }
}

/** How many of a chart's pixels are painted: none before it is drawn. */
export function inked(page: Page, figure: string): Promise<number> {
  return page.locator(`${figure} canvas`).evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) painted += 1;
    return painted;
  });
}

/** The charts that have nothing painted. */
export function blankCharts(page: Page): Promise<string[]> {
  return page.locator("figure.chart").evaluateAll((figures) =>
    figures.filter((figure) => {
      const canvas = figure.querySelector("canvas");
      const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
      return !pixels?.some((value, at) => at % 4 === 3 && value > 0);
    }).map(({ id }) => id),
  );
}
