// What holds of any page of the console, for everybody: no serious finding of axe, no scrolling sideways, targets of 24 px.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

/** The script comes in beside the page, as its policy lets none in. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const findings: Finding[] = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(context: Document, options: object): Promise<{ violations: Finding[] }> } };
    return (await axe.run(document, { resultTypes: ["violations"] })).violations;
  });
  const serious = findings.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]), []);
}

export async function assertFits(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert(needed! <= there!, `the page is ${needed} px wide in a window of ${there}`);
}

/** Links within a sentence are as tall as its line (WCAG 2.5.8). */
export async function assertTargets(page: Page): Promise<void> {
  const small = await page.locator("a[href], button, summary, input:not([type=hidden]), select").evaluateAll((targets) =>
    targets
      .filter((target) => target.checkVisibility() && !target.closest("p"))
      .map((target) => ({ box: target.getBoundingClientRect(), html: target.outerHTML.slice(0, 90) }))
      .filter(({ box }) => box.width < 24 || box.height < 24)
      .map(({ box, html }) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`),
  );
  assert.deepEqual(small, []);
}
