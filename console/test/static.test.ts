// What the script makes of a page in the server's shape: drawn charts, keys, navigation, and what it does when nothing answers.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, inked, launch, onPage, PHONE } from "./browser.ts";
import { assertAccessible, assertFits, assertTargets } from "./everybody.ts";
import { charts, serveStatic, type StaticServer } from "./static_page.ts";

let browser: Browser;
let server: StaticServer;

before(async () => {
  [browser, server] = await Promise.all([launch(), serveStatic()]);
});
after(async () => {
  await browser.close();
  await server.stop();
});
beforeEach(() => Object.assign(server.mood, { answer: "page", delayMs: 0 }));

const live = (page: Page) => page.locator("#live").textContent();
const range = (page: Page) => page.locator("#menu-range > summary").textContent();

async function open(page: Page, query = ""): Promise<void> {
  await page.goto(`${server.address}/${query}`);
  await page.locator("#chart-main canvas").waitFor();
}

async function choose(page: Page, name: string): Promise<void> {
  await page.click("#menu-range > summary");
  await page.click(`#menu-range a[href="?range=${name}"]`);
  await page.locator(`#menu-range > summary:text-is("${name}")`).waitFor();
}

test("every chart is drawn, at once and after each choice", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    for (const name of ["28d", "7d", "91d"]) {
      if (name !== "28d") await choose(page, name);
      for (const { id } of charts(name)) assert((await inked(page, `#chart-${id}`)) > 1000, `${id} of ${name} is blank`);
    }
  }));

test("nothing moves when charts are drawn", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const height = () => page.evaluate(() => document.documentElement.scrollHeight);
    const drawn = await height();
    await page.evaluate(() => document.querySelectorAll(".plot").forEach((plot) => plot.replaceChildren()));
    assert.equal(await height(), drawn);
  }));

test("keys move a cursor that the live region reads", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.focus("#chart-main");
    const read = [];
    for (const key of ["ArrowLeft", "ArrowLeft", "Home", "ArrowLeft", "ArrowRight", "End"]) {
      await page.keyboard.press(key);
      read.push(await live(page));
    }
    assert.deepEqual(read, [
      "Tue 24 Nov, so far: 1,500 active users; 2,481 on Tue 27 Oct",
      "Mon 23 Nov: 2,595 active users; 2,345 on Mon 26 Oct",
      "Wed 28 Oct: 2,400 active users; 2,150 on Wed 30 Sep",
      "Wed 28 Oct: 2,400 active users; 2,150 on Wed 30 Sep",
      "Thu 29 Oct: 2,584 active users; 2,334 on Thu 1 Oct",
      "Tue 24 Nov, so far: 1,500 active users; 2,481 on Tue 27 Oct",
    ]);
  }));

test("a point without a figure says so, and an annotation is read with its day", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page, "?range=7d");
    await page.focus("#chart-rate");
    await page.keyboard.press("Home");
    for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowRight");
    assert.equal(await live(page), "Sat 21 Nov: no figure; v2.4 released");
  }));

test("the pointer shows the same in a tip, beside the point and within the window", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const plot = (await page.locator("#chart-main .u-over").boundingBox())!;
    for (const share of [0, 0.25, 0.5, 0.98, 1]) {
      const x = plot.x + plot.width * share;
      await page.mouse.move(Math.min(x, plot.x + plot.width - 1), plot.y + 40);
      const tip = (await page.locator(".tip").boundingBox())!;
      const point = (await page.locator("#chart-main .u-cursor-x").boundingBox())!.x;
      assert(tip.x >= 0 && tip.x + tip.width <= 1280, `the tip leaves the window at ${share}`);
      assert(tip.x > point || tip.x + tip.width < point, `the tip covers the point at ${share}`);
    }
    assert.equal(await page.locator(".tip b").textContent(), "Tue 24 Nov, so far");
    assert.equal(await page.locator("#chart-active .u-cursor-x:not(.u-off)").count(), 1);
    await page.mouse.move(5, 5);
    assert.equal(await page.locator(".tip").isVisible(), false);
  }));

test("cursors of charts of the same days are in step", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.focus("#chart-main");
    await page.keyboard.press("Home");
    const left = (chart: string) =>
      page.locator(`#chart-${chart} .u-cursor-x`).evaluate((line) => (line.classList.contains("u-off") ? null : new DOMMatrix(getComputedStyle(line).transform).e));
    const middle = await left("sign-ins");
    assert.deepEqual([await left("main"), await left("active"), await left("months")], [0, 0, null]);
    assert(middle !== null && middle > 0, "a bar's middle is not at the edge");
  }));

test("an address is swapped in, and back and forward restore it", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.evaluate(() => Object.assign(window, { same: true }));
    await choose(page, "7d");
    await choose(page, "91d");
    assert.equal(new URL(page.url()).search, "?range=91d");
    assert.equal(await page.title(), "Acme App, dau, 91d");
    await page.goBack();
    await page.locator('#menu-range > summary:text-is("7d")').waitFor();
    assert.equal(await live(page), "Acme App, dau, 7d. Daily active users: 2,745");
    await page.goBack();
    await page.locator('#menu-range > summary:text-is("28d")').waitFor();
    await page.goForward();
    await page.locator('#menu-range > summary:text-is("7d")').waitFor();
    assert.equal(await page.evaluate(() => (window as { same?: boolean }).same), true);
    assert((await inked(page, "#chart-main")) > 1000);
  }));

test("a form's fields become the address, the empty ones left out", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.click("#menu-range > summary");
    await page.click("#menu-range form button");
    await page.locator('#menu-range > summary:text-is("7d")').waitFor();
    assert.equal(new URL(page.url()).search, "?range=7d");
  }));

test("focus, what was scrolled and an open table outlast a choice", () =>
  onPage(browser, { ...DESKTOP, viewport: { width: 390, height: 844 } }, async (page) => {
    await open(page);
    await page.locator("#card-retention .scroll").evaluate((table) => table.scrollTo({ left: 30 }));
    await page.click("#card-active details.data > summary");
    await page.focus("#tile-rate");
    await page.mouse.wheel(0, 120);
    await page.waitForFunction(() => scrollY > 50);
    const scrolled = await page.evaluate(() => scrollY);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.title.includes("rate"));
    assert.deepEqual(
      await page.evaluate(() => [
        document.activeElement?.id,
        scrollY,
        document.querySelector("#card-active details")?.hasAttribute("open"),
        document.querySelector("#card-retention .scroll")?.scrollLeft,
      ]),
      ["tile-rate", scrolled, true, 30],
    );
  }));

test("focus returns to a menu from its choice, by keys alone", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.focus("#menu-range > summary");
    for (const key of ["Enter", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    await page.locator('#menu-range > summary:text-is("7d")').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "7d");
    assert.equal(await page.locator("details.menu[open]").count(), 0);
  }));

for (const [answer, message] of [
  ["problem", "The store does not answer: try again."],
  ["nothing", "The console cannot be reached. The figures are those of the last answer."],
  ["silence", "The console does not answer. The figures are those of the last answer."],
] as const) {
  test(`when the server answers with ${answer} the figures stay, and Retry tries again`, () =>
    onPage(
      browser,
      DESKTOP,
      async (page) => {
        await page.addInitScript(() => {
          const timeout = AbortSignal.timeout.bind(AbortSignal);
          AbortSignal.timeout = (milliseconds) => timeout(milliseconds / 100);
        });
        await open(page);
        server.mood.answer = answer;
        await page.click("#tile-rate");
        await page.locator("#notice").waitFor();
        assert.equal(await page.locator("#notice").textContent(), `${message} Retry`);
        assert.equal(await range(page), "28d");
        assert.equal(new URL(page.url()).search, "");
        assert((await inked(page, "#chart-main")) > 1000);
        server.mood.answer = "page";
        await page.click("#notice button");
        await page.waitForFunction(() => document.title.includes("rate"));
        assert.equal(await page.locator("#notice").isVisible(), false);
        assert.equal(new URL(page.url()).search, "?metric=rate");
      },
      /Failed to load resource/,
    ));
}

test("a request that is superseded is given up, and the page says that it is busy", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    server.mood.delayMs = 600;
    await page.click("#tile-new");
    await page.locator('#view[aria-busy="true"]').waitFor();
    assert.equal(await page.title(), "Acme App, dau, 28d");
    server.mood.delayMs = 0;
    await page.click("#tile-sign-ups");
    await page.waitForFunction(() => document.title.includes("sign-ups"));
    await page.locator('#view[aria-busy="false"]').waitFor();
    assert.equal(await page.evaluate(() => history.length), 3);
  }));

test("a choice made before the one before it is answered is made on top of it", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    server.mood.delayMs = 600;
    await page.click("#tile-new");
    server.mood.delayMs = 0;
    await page.locator(".tabs a", { hasText: "By month" }).first().click();
    await page.waitForFunction(() => location.search.includes("tab=month"));
    const chosen = new URLSearchParams(await page.evaluate(() => location.search));
    assert.deepEqual([chosen.get("metric"), chosen.get("tab")], ["new", "month"]);
  }));

test("menus close on Escape, outside, and for each other", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const opened = () => page.locator("details.menu[open]").evaluateAll((menus) => menus.map(({ id }) => id));
    const seen = [];
    for (const step of [
      () => page.click("#menu-range > summary"),
      () => page.click("#menu-export > summary"),
      () => page.keyboard.press("Escape"),
      () => page.click("#menu-range > summary"),
      () => page.mouse.click(600, 500),
    ]) {
      await step();
      seen.push(await opened());
    }
    assert.deepEqual(seen, [["menu-range"], ["menu-export"], [], ["menu-range"], []]);
  }));

test("a help stands under its button", () =>
  onPage(browser, PHONE, async (page) => {
    await open(page);
    await page.tap('[popovertarget="help-new"]');
    const button = (await page.locator('[popovertarget="help-new"]').boundingBox())!;
    const help = (await page.locator("#help-new").boundingBox())!;
    assert(help.y >= button.y + button.height && help.y < button.y + button.height + 20);
    assert(help.x >= 0 && help.x + help.width <= 390);
  }));

test("single keys choose, and can be switched off for good", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.keyboard.press("w");
    await page.locator('#menu-range > summary:text-is("7d")').waitFor();
    await page.keyboard.press("?");
    await page.locator("dialog#shortcuts[open]").waitFor();
    await page.uncheck("#shortcuts-on");
    await page.keyboard.press("Escape");
    await page.reload();
    await page.locator("#chart-main canvas").waitFor();
    const requests = server.requests.length;
    for (const key of ["f", "n", "?"]) await page.keyboard.press(key);
    await page.click("#show-shortcuts");
    assert.equal(await page.isChecked("#shortcuts-on"), false);
    assert.equal(server.requests.length, requests);
    assert.equal(await range(page), "7d");
  }));

test("no key is a shortcut while somebody types", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.click("#menu-range > summary");
    await page.focus("#from");
    const requests = server.requests.length;
    await page.keyboard.press("w");
    assert.equal(server.requests.length, requests);
  }));

test("arrow keys are the table's or the menu's that has the focus, and else page the period", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    await page.click("#card-active details.data > summary");
    const requests = server.requests.length;
    for (const focused of ["#card-retention .scroll", "#card-active details.data > div"]) {
      await page.focus(focused);
      await page.keyboard.press("ArrowLeft");
    }
    await page.click("#menu-range > summary");
    await page.keyboard.press("ArrowLeft");
    assert.equal(server.requests.length, requests);
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowLeft");
    await page.locator('#menu-range > summary:text-is("91d")').waitFor();
  }));

test("the page refreshes itself where it stands, silently, and not while a menu is open", () =>
  onPage(browser, DESKTOP, async (page) => {
    await page.clock.install();
    await open(page, "?refresh=60");
    const next = () => page.waitForResponse((response) => response.url().includes("refresh=60"));
    await page.focus("#chart-main");
    await page.keyboard.press("Home");
    const before = server.requests.length;
    await page.click("#menu-range > summary");
    await page.clock.runFor(120_000);
    assert.equal(server.requests.length, before);
    await page.keyboard.press("Escape");
    await page.focus("#chart-main");
    await page.keyboard.press("Home");
    const [answer] = await Promise.all([next(), page.clock.runFor(2000)]);
    await answer.finished();
    await page.waitForFunction(() => document.activeElement?.id === "chart-main" && !document.querySelector(".tip")?.hasAttribute("hidden"));
    assert.equal(await live(page), "Wed 28 Oct: 2,400 active users; 2,150 on Wed 30 Sep");
    assert.equal(server.requests.length, before + 1);
  }));

test("refreshing goes on after a request that failed", () =>
  onPage(
    browser,
    DESKTOP,
    async (page) => {
      await page.clock.install();
      await open(page, "?refresh=60");
      server.mood.answer = "problem";
      await Promise.all([page.locator("#notice").waitFor(), page.clock.runFor(61_000)]);
      server.mood.answer = "page";
      await Promise.all([page.locator("#notice").waitFor({ state: "hidden" }), page.clock.runFor(62_000)]);
    },
    /Failed to load resource/,
  ));

test("charts are drawn anew for another theme, and for another width", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page);
    const corner = () => page.locator("#chart-main canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL().length);
    const width = () => page.locator("#chart-main canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).width);
    const [light, wide] = [await page.locator("#chart-main canvas").screenshot(), await width()];
    await page.emulateMedia({ colorScheme: "dark" });
    assert.notDeepEqual(await page.locator("#chart-main canvas").screenshot(), light);
    assert((await corner()) > 0);
    await page.setViewportSize({ width: 700, height: 900 });
    await page.waitForFunction((before) => (document.querySelector("#chart-main canvas") as HTMLCanvasElement).width < before, wide);
  }));

test("ten years of days draw without a stutter", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page, "?range=10y");
    const plot = (await page.locator("#chart-main .u-over").boundingBox())!;
    const slowest = await page.evaluate(async ({ x, y, width }) => {
      const figure = document.querySelector("#chart-main")!;
      let slowest = 0;
      for (let at = 0; at < width; at += 10) {
        const start = performance.now();
        figure.dispatchEvent(new PointerEvent("pointermove", { clientX: x + at, clientY: y + 5, bubbles: true }));
        slowest = Math.max(slowest, performance.now() - start);
      }
      return slowest;
    }, plot);
    assert(slowest < 50, `a move of the pointer took ${slowest} ms`);
  }));

for (const [name, options] of [
  ["light", DESKTOP],
  ["dark", { ...DESKTOP, colorScheme: "dark" }],
  ["on a phone", PHONE],
  ["at 400 %", { ...DESKTOP, viewport: { width: 320, height: 225 } }],
] as const) {
  test(`the page is for everybody: ${name}`, () =>
    onPage(browser, options, async (page) => {
      await open(page);
      await page.click("#card-active details.data > summary");
      await assertAccessible(page);
      await assertFits(page);
      await assertTargets(page);
    }));
}

test("the theme of the address is stronger than the system's", () =>
  onPage(browser, DESKTOP, async (page) => {
    await open(page, "?theme=dark");
    await assertAccessible(page);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(17, 19, 23)");
  }));

test("without script the tables behind the charts are there", () =>
  onPage(browser, { ...DESKTOP, javaScriptEnabled: false }, async (page) => {
    await page.goto(server.address);
    assert.equal(await page.locator("details.data table").first().isVisible(), true);
    assert.equal(await page.locator(".plot").first().isVisible(), false);
    assert.equal(await page.locator(".tile .value").first().isVisible(), true);
    await page.click("#tile-rate");
    assert.equal(await page.title(), "Acme App, rate, 28d");
  }));
