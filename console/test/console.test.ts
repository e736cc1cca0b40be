// The console's own page in a browser: its figures, every choice, and that it is for everybody.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Chart } from "../src/chart/contract.ts";
import { blankCharts, DESKTOP, inked, launch, onPage, PHONE } from "./browser.ts";
import { serveConsole, type Console } from "./console.ts";
import { assertAccessible, assertFits, assertTargets } from "./everybody.ts";
import { POLICY } from "./static_page.ts";

type Day = Record<"signUps" | "signIns" | "authFailures" | "newUsers" | "dau" | "wau" | "mau", number> & { project: string; date: string };

let browser: Browser;
let server: Console;
let project: string;

before(async () => {
  [browser, server] = await Promise.all([launch(), serveConsole({ days: 60, users: 300 })]);
  const { projects } = await answer<{ projects: { id: string }[] }>("projects");
  project = projects[0]!.id;
});
after(async () => {
  await browser.close();
  server.stop();
});

async function answer<Body>(path: string): Promise<Body> {
  const response = await fetch(`${server.address}/api/v1/${path}`);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Body;
}

async function open(page: Page, query = ""): Promise<void> {
  await page.goto(`${server.address}/${query}`);
  await page.locator("#chart-main canvas").waitFor();
}

function chart(page: Page, id: string): Promise<Chart> {
  return page.evaluate((id) => (JSON.parse(document.getElementById("charts")!.textContent!) as { charts: Chart[] }).charts.find((chart) => chart.id === id)!, id);
}

const values = ({ series }: Chart) => Object.fromEntries(series.map(({ name, values }) => [name, values]));
const sum = (days: Day[], figure: keyof Omit<Day, "project" | "date">) => days.reduce((total, day) => total + day[figure], 0);
const tile = (page: Page, id: string) => page.locator(`#tile-${id} .value`).textContent();
const search = (page: Page) => decodeURIComponent(new URL(page.url()).search);

/** Six weeks up to yesterday: whole days, as no figure of theirs changes while they are compared. */
function span(): { from: string; to: string } {
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  return { from: day(43), to: day(2) };
}

test("the page's figures are those of the API and of the command", () =>
  onPage(browser, DESKTOP, async (page) => {
    const { from, to } = span();
    await open(page, `?from=${from}&to=${to}`);
    const { days } = await answer<{ days: Day[] }>(`days?project=${project}&from=${from}&to=${to}`);
    assert.deepEqual(JSON.parse(server.run("metrics", "--from", from, "--to", to, "--format", "json")), days);
    const pick = (figure: keyof Day) => days.map((day) => day[figure]);
    assert.deepEqual(values(await chart(page, "active")), { DAU: pick("dau"), WAU: pick("wau"), MAU: pick("mau") });
    assert.deepEqual(values(await chart(page, "sign-ins")), { Succeeded: pick("signIns"), Failed: pick("authFailures") });
    assert.deepEqual(
      [await tile(page, "new"), await tile(page, "sign-ups"), await tile(page, "sign-ins")],
      [sum(days, "newUsers"), sum(days, "signUps"), sum(days, "signIns")].map((figure) => figure.toLocaleString("en")),
    );
  }));

test("the table behind a chart has its figures", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.click("#data-sign-ins > summary");
    const cells = await page.locator("#data-sign-ins tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent)));
    const { series } = await chart(page, "sign-ins");
    assert.deepEqual(cells, series[0]!.values.map((_, index) => series.map(({ values }) => (values[index] ?? 0).toLocaleString("en"))));
  }));

test("a filter is the API's, and goes as it came", () =>
  onPage(browser, DESKTOP, async (page) => {
    const { from, to } = span();
    await open(page, `?from=${from}&to=${to}&by=client`);
    await page.locator("#breakdown .bars a", { hasText: "iOS" }).click();
    await page.locator(".chip").waitFor();
    const { days } = await answer<{ days: Day[] }>(`days?project=${project}&from=${from}&to=${to}&where=client%3D2acmeexample23456789`);
    assert.deepEqual(values(await chart(page, "active"))["DAU"], days.map(({ dau }) => dau));
    assert.equal(await tile(page, "sign-ins"), sum(days, "signIns").toLocaleString("en"));
    await page.click(".chip");
    await page.locator(".chip").waitFor({ state: "detached" });
    assert.equal(search(page), `?from=${from}&to=${to}&by=client`);
  }));

const MENUS = ["#menu-range", "#menu-interval", "#menu-compare"];
const TABS = [".tiles", "#active .tabs", "#breakdown .tabs", "#retention .tabs", "#users .tabs"];

test("every range, interval, comparison, figure and tab draws its page, under a strict policy", () =>
  onPage(browser, DESKTOP, async (page) => {
    await page.route("**/", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": POLICY } });
    });
    await open(page);
    for (const place of [...MENUS.map((menu) => `${menu} > div > `), ...TABS.map((tabs) => `${tabs} `)]) {
      const count = await page.locator(`${place}a`).count();
      assert(count > 1, `${place} has ${count} choices`);
      // From the last on: without a comparison there is no choice of what its days match.
      for (let choice = count - 1; choice >= 0; choice -= 1) await choose(page, `${place}a`, choice);
    }
  }));

/** Takes a choice as its link says, and sees that it is taken. */
async function choose(page: Page, links: string, choice: number): Promise<void> {
  const link = page.locator(links).nth(choice);
  const [href, name] = [await link.getAttribute("href"), await link.textContent()];
  await Promise.all([page.waitForResponse((response) => response.request().resourceType() === "fetch"), link.evaluate((link) => (link as HTMLElement).click())]);
  await page.waitForFunction((href) => location.pathname + location.search === new URL(href, location.href).pathname + new URL(href, location.href).search, href!);
  assert.equal(await page.locator("#notice").isVisible(), false, `${name}: ${await page.locator("#notice").textContent()}`);
  assert.equal(await page.locator(links).nth(choice).getAttribute("aria-current"), "true", `${name} is not the chosen one`);
  assert.deepEqual(await blankCharts(page), [], `blank at ${href}`);
}

test("an address restores its view, and back and forward go through the choices", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page, "?range=7d&metric=sign-ins&compare=off&by=provider");
    const seen = async () => [await page.title(), await page.locator("#menu-range > summary").textContent(), await page.locator('.tile[aria-current="true"]').getAttribute("id"), (await chart(page, "main")).series.length];
    const first = await seen();
    await page.click("#tile-new");
    await page.waitForFunction(() => location.search.includes("metric=new"));
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('.tile[aria-current="true"]')?.id === "tile-sign-ins");
    assert.deepEqual(await seen(), first);
    await page.reload();
    assert.deepEqual(await seen(), first);
    assert.equal(await page.locator('#breakdown .tabs a[aria-current="true"]').textContent(), "Provider");
  }));

test("the default view has an empty address", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page, "?metric=sign-ups");
    await page.evaluate(() => Object.assign(window, { same: true }));
    await page.click("#tile-active");
    await page.waitForFunction(() => location.search === "");
    assert.equal(await page.evaluate(() => (window as { same?: boolean }).same), true);
  }));

test("each CSV has the figures of its JSON", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const addresses = await page.locator('a[download][href*="format=csv"]').evaluateAll((links) => [...new Set(links.map((link) => (link as HTMLAnchorElement).href))]);
    assert(addresses.length >= 3);
    for (const address of addresses) {
      const csv = (await (await fetch(address)).text()).trim().split(/\r?\n/);
      const json = Object.values((await (await fetch(address.replace(/&?format=csv/, ""))).json()) as object).find(Array.isArray) as Record<string, unknown>[];
      assert.equal(csv.length - 1, json.length, address);
      const columns = csv[0]!.split(",");
      for (const column of ["signIns", "dau", "size"].filter((name) => columns.includes(name))) {
        assert.deepEqual(csv.slice(1).map((row) => Number(row.split(",")[columns.indexOf(column)])), json.map((row) => row[column]), `${column} of ${address}`);
      }
    }
  }));

test("by keys alone: to the figures, another tile, a range, a day, a table", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.className || document.activeElement?.parentElement?.id);
    const tabTo = async (name: string) => {
      for (let press = 0; press < 60 && (await focused()) !== name; press += 1) await page.keyboard.press("Tab");
      assert.equal(await focused(), name);
    };
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "skip");
    await tabTo("menu-range");
    for (const key of ["Enter", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    await page.waitForFunction(() => location.search === "?range=7d");
    await tabTo("tile-sign-ins");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.search.includes("metric=sign-ins"));
    await tabTo("chart-main");
    await page.keyboard.press("Home");
    const { labels, series } = await chart(page, "main");
    assert(((await page.locator("#live").textContent()) ?? "").startsWith(`${labels[0]}: ${series[0]!.values[0]!.toLocaleString("en")} sign-ins`));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#data-main table").isVisible(), true);
  }));

test("what is wrong with an address is said, as a page and beside the last good figures", () =>
  onPage(
    browser,
    DESKTOP,
    async (page) => {
      for (const query of ["?from=2026-02-30&to=2026-03-01", "?from=2026-11-20&to=2026-11-01", "?range=fortnight", "?project=nobody", "?where=client%3D%3Cscript%3Ealert(1)%3C%2Fscript%3E%3D", "?where=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"]) {
        const response = await page.goto(`${server.address}/${query}`);
        const shown = (await page.locator("#problem").count()) ? "problem" : "page";
        assert.equal(response!.status() >= 400 ? "problem" : "page", shown, query);
        assert.equal(await page.locator("#app script:not([type]), #app img").count(), 0, query);
      }
      await open(page);
      await page.evaluate(() => {
        const link = Object.assign(document.createElement("a"), { id: "wrong", textContent: "wrong" });
        link.setAttribute("href", "?range=fortnight");
        document.getElementById("app")!.append(link);
      });
      await page.click("#wrong");
      await page.locator("#notice").waitFor();
      assert((await inked(page, "#chart-main")) > 500);
    },
    /Failed to load resource/,
  ));

for (const [name, options, query] of [
  ["light", DESKTOP, ""],
  ["dark, by the address", DESKTOP, "?theme=dark&active=months&where=client%3D1acmeexample23456789"],
  ["dark, by the system, on a phone", { ...PHONE, colorScheme: "dark" }, "?active=returning"],
  ["at 400 %", { ...DESKTOP, viewport: { width: 320, height: 225 } }, "?metric=failure-rate&users=new"],
] as const) {
  test(`the console is for everybody: ${name}`, () =>
    onPage(browser, options, async (page) => {
      await open(page, query);
      await assertAccessible(page);
      await assertFits(page);
      await assertTargets(page);
    }));
}

test("without script there are tiles, tables and links", () =>
  onPage(browser, { ...DESKTOP, javaScriptEnabled: false }, async (page) => {
    await page.goto(server.address);
    assert.equal(await page.locator(".tile .value").count(), 6);
    assert.equal(await page.locator("#data-main table").isVisible(), true);
    assert.equal(await page.locator("#show-shortcuts").isVisible(), false);
    await page.click("#menu-range > summary");
    await page.locator("#menu-range a", { hasText: "7 days" }).click();
    assert.equal(search(page), "?range=7d");
    assert.equal(await page.locator("#data-main tbody tr").count(), 7);
  }));
