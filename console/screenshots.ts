// Takes the README's pictures of the console into the folder named: light, dark, and as a phone has it.

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { DESKTOP, launch, onPage, PHONE } from "./test/browser.ts";
import { serveConsole } from "./test/console.ts";

const MOST_BYTES = 150_000;

interface Picture {
  name: string;
  options: BrowserContextOptions;
  query: string;
}

const TALL = { ...DESKTOP, viewport: { width: 1080, height: 980 } };
const PICTURES: Picture[] = [
  { name: "console-light", options: TALL, query: "" },
  { name: "console-dark", options: { ...TALL, colorScheme: "dark" }, query: "?metric=failure-rate&active=returning&by=appVersion" },
  { name: "console-phone", options: { ...PHONE, deviceScaleFactor: 1.5 }, query: "?metric=sign-ins" },
];

const folder = process.argv[2] ?? "docs/images";
mkdirSync(folder, { recursive: true });
const [browser, server] = await Promise.all([launch(), serveConsole({ days: 90, users: 2000 })]);
for (const { name, options, query } of PICTURES) await onPage(browser, options, (page) => take(page, name, query));
await browser.close();
server.stop();

async function take(page: Page, name: string, query: string): Promise<void> {
  const path = join(folder, `${name}.png`);
  await page.goto(`${server.address}/${query}`);
  await page.locator("#chart-main canvas").waitFor();
  const plot = (await page.locator("#chart-main .u-over").boundingBox())!;
  await page.mouse.move(plot.x + plot.width * 0.72, plot.y + 30);
  await page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${path}: ${size} bytes`);
  if (size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
}
