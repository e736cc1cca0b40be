// A page in the shape that the server's has, of figures made by a formula, and a server for it that can misbehave.

import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Chart } from "../src/chart/contract.ts";

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const DAY_MS = 86_400_000;
const LAST_DAY = Date.UTC(2026, 10, 24);
const RANGES: Record<string, number> = { "7d": 7, "28d": 28, "91d": 91, "10y": 3650 };

/** What the server does with the next requests for a page. */
export interface Mood {
  answer: "page" | "problem" | "nothing" | "silence";
  delayMs: number;
}

export interface StaticServer {
  address: string;
  mood: Mood;
  requests: string[];
  stop(): Promise<void>;
}

export async function serveStatic(): Promise<StaticServer> {
  const mood: Mood = { answer: "page", delayMs: 0 };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const asset = { "/page.js": "text/javascript", "/page.css": "text/css" }[url.pathname];
    if (asset) return void response.setHeader("Content-Type", asset).end(readFileSync(new URL(`../dist${url.pathname}`, import.meta.url)));
    requests.push(url.search);
    setTimeout(() => answer(response, url.searchParams, mood), mood.delayMs);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, mood, requests, stop: () => stop(server) };
}

function answer(response: ServerResponse, query: URLSearchParams, mood: Mood): void {
  if (mood.answer === "silence") return;
  if (mood.answer === "nothing") return void response.destroy();
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader("Content-Security-Policy", POLICY);
  if (mood.answer === "problem") {
    response.statusCode = 503;
    return void response.end(`<!doctype html><title>Problem</title><p id="problem">The store does not answer: try again.</p>`);
  }
  response.end(page(query));
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((stopped) => server.close(() => stopped()));
}

export function charts(range: string): Chart[] {
  const count = RANGES[range] ?? 28;
  const days = Array.from({ length: count }, (_, index) => new Date(LAST_DAY - (count - 1 - index) * DAY_MS));
  const before = days.map((day) => label(new Date(day.getTime() - count * DAY_MS)));
  const dau = days.map((day, index) => Math.round(2400 + 6 * index + (weekend(day) ? -800 : 0) + 180 * Math.sin(index * 1.7)));
  const shared = { x: days.map(iso), labels: days.map(label), marks: [{ at: Math.floor(count / 2), text: "v2.4 released" }], level: null };
  const running = count - 1;
  return [
    {
      ...shared, id: "main", kind: "line", unit: "count", area: true,
      series: [
        { name: "Active users", style: "main", values: dau.with(-1, 1500), dottedFrom: running, dottedTo: null },
        { name: "Period before", style: "before", values: dau.map((value) => value - 250), labels: before },
      ],
    },
    {
      ...shared, id: "active", kind: "line", unit: "count", marks: [],
      series: [
        { name: "DAU", style: "main", values: dau, dottedFrom: running },
        { name: "WAU", style: "second", values: dau.map((_, index) => 5400 + index * 12) },
        { name: "MAU", style: "third", values: dau.map((_, index) => 9800 + index * 50), dottedTo: Math.min(4, running) },
      ],
    },
    {
      ...shared, id: "sign-ins", kind: "stacked", unit: "count", marks: [],
      series: [
        { name: "Succeeded", style: "good", values: dau.map((value) => value + 1000), dottedFrom: running },
        { name: "Failed", style: "bad", values: dau.map((_, index) => (index === 19 ? 2300 : 160 + (index % 5) * 20)), dottedFrom: running },
      ],
    },
    {
      id: "months", kind: "bars", unit: "count", marks: [], level: { value: 10_000, text: "10,000: free in Lite and Essentials" },
      x: ["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"], labels: ["Aug 2026", "Sep 2026", "Oct 2026", "Nov 2026"],
      series: [{ name: "Monthly active users", style: "main", values: [7200, 9100, 11_300, 8400], dottedFrom: 3 }],
    },
    {
      ...shared, id: "rate", kind: "line", unit: "share",
      series: [{ name: "Failure rate", style: "bad", values: dau.map((_, index) => (index === 3 ? null : 0.04 + (index % 7) * 0.004)) }],
    },
  ];
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function iso(day: Date): string {
  return day.toISOString().slice(0, 10);
}

function label(day: Date): string {
  return `${WEEKDAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
}

function weekend(day: Date): boolean {
  return day.getUTCDay() % 6 === 0;
}

export function page(query: URLSearchParams): string {
  const range = query.get("range") ?? "28d";
  const metric = query.get("metric") ?? "dau";
  const theme = query.get("theme");
  const refresh = query.get("refresh");
  return `<!doctype html>
<html lang="en"${theme ? ` data-theme="${theme}"` : ""}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acme App, ${metric}, ${range}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script></head>
<body>
<p id="notice" role="status" hidden></p>
<div id="app"${refresh ? ` data-refresh="${refresh}"` : ""}>
${header(range)}
<main id="view">${body(range, metric)}</main>
<footer><span>Exact: each user once, late events included</span><button type="button" id="show-shortcuts" hidden>Shortcuts <kbd>?</kbd></button><a href="/api/v1/days">JSON</a></footer>
<dialog id="shortcuts" aria-labelledby="shortcuts-title"><h2 id="shortcuts-title">Shortcuts</h2>
<dl><dt><kbd>W</kbd></dt><dd>7 days</dd><dt><kbd>?</kbd></dt><dd>This list</dd></dl>
<label><input type="checkbox" id="shortcuts-on"> Single keys are shortcuts</label>
<form method="dialog"><button>Close</button></form></dialog>
</div>
<p id="live" aria-live="polite" class="sr"></p>
</body></html>`;
}

function header(range: string): string {
  const choice = (name: string, text: string, key: string) =>
    `<a href="?range=${name}" data-key="${key}"${name === range ? ' aria-current="true"' : ""}>${text}</a>`;
  return `<header><h1><span class="project">Acme App</span><small>28 Oct – 24 Nov 2026 · Europe/Berlin</small></h1>
<div class="controls"><a class="chip" href="?range=${range}">Client: Web ✕</a>
<div class="steps"><a class="arrow" data-key="ArrowLeft" href="?range=91d" aria-label="The period before">‹</a><details class="menu" id="menu-range"><summary>${range}</summary><div>${choice("7d", "7 days", "w")}${choice("28d", "28 days", "f")}${choice("91d", "91 days", "n")}
<hr><form method="get"><label>From <input type="date" name="from" id="from"></label><input type="hidden" name="range" value="7d"><button>Show</button></form></div></details><span class="arrow" aria-hidden="true">›</span></div>
<details class="menu" id="menu-export"><summary>Export</summary><div><a href="?format=csv" download>CSV</a></div></details></div></header>`;
}

const TILES: [string, string, string, string, string][] = [
  ["dau", "Daily active users", "2,745", "▲ +11.8 %", "good"],
  ["new", "New users", "1,284", "▲ +4.1 %", "good"],
  ["sign-ups", "Sign-ups", "1,197", "▲ +3.6 %", "good"],
  ["sign-ins", "Sign-ins", "90,532", "▲ +9.2 %", "good"],
  ["rate", "Failure rate", "9.4 %", "▲ +2.7 pts", "bad"],
  ["stickiness", "Stickiness DAU/MAU", "26.1 %", "▼ −0.4 pts", ""],
];

function tiles(metric: string): string {
  const spark = '<svg class="spark" viewBox="0 0 100 24" aria-hidden="true" preserveAspectRatio="none"><polyline points="0,5 11,8 22,18 33,7 44,5 56,7 67,19 78,15 89,4 100,3"/></svg>';
  const tile = ([name, text, value, change, judged]: (typeof TILES)[number]) => `<div class="tile-cell">
<a class="tile" id="tile-${name}" href="?metric=${name}" aria-current="${name === metric}"><span class="label">${text}</span><span class="value">${value}</span><span class="change ${judged}">${change}</span><span class="hint">2,431 a day on average</span>${spark}</a>
<button type="button" class="help" popovertarget="help-${name}" aria-label="How ${text} is counted">?</button><div popover id="help-${name}"><p>Each user counts once a day.</p></div></div>`;
  return `<nav class="tiles" aria-label="Figures">${TILES.map(tile).join("")}</nav>`;
}

function body(range: string, metric: string): string {
  const all = charts(range);
  const card = (chart: Chart, title: string) => `<section class="card" id="card-${chart.id}"><header><h2>${title}</h2>
<nav class="tabs" aria-label="${title}"><a href="?range=${range}" aria-current="true">By day</a><a href="?range=${range}&tab=month">By month</a></nav>
<a class="export" href="?range=${range}&card=${chart.id}" download>CSV</a></header>${figure(chart)}</section>`;
  return `<section class="main card" id="card-main" aria-label="The figures at a glance">${tiles(metric)}<h2 class="sr">Active users</h2>${figure(all[0]!)}</section>
<div class="cards">${card(all[1]!, "Active users")}${card(all[2]!, "Sign-ins")}${card(all[3]!, "By month")}${card(all[4]!, "Failure rate")}${breakdown()}${cohorts()}</div>
<script type="application/json" id="charts">${JSON.stringify({ charts: all })}</script>`;
}

function figure(chart: Chart): string {
  const rows = chart.x.slice(-28).map((_, back) => chart.x.length - Math.min(28, chart.x.length) + back);
  const cells = (index: number) => chart.series.map(({ values }) => `<td>${values[index] ?? "–"}</td>`).join("");
  return `<figure class="chart" id="chart-${chart.id}" tabindex="0" role="img" aria-label="${chart.series[0]!.name}, ${chart.labels[0]} to ${chart.labels.at(-1)}"><div class="plot"></div></figure>
<details class="data" id="data-${chart.id}"><summary>Table</summary><div tabindex="0" role="region" aria-label="${chart.series[0]!.name}, table"><table><thead><tr><th scope="col">Day</th>${chart.series.map(({ name }) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
<tbody>${rows.map((index) => `<tr><th scope="row">${chart.labels[index]}</th>${cells(index)}</tr>`).join("")}</tbody></table></div></details>`;
}

function breakdown(): string {
  const row = ([name, value, share, change]: string[]) => `<tr><th scope="row"><svg class="bar" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1"><rect width="${share}" height="1"/></svg><a href="?f=client:${name}">${name}</a></th><td>${value}</td><td>${share} %</td><td class="change">${change}</td></tr>`;
  const rows = [["Web", "5,210", "44", "+8 %"], ["iOS", "3,904", "33", "+17 %"], ["Android", "2,611", "22", "+12 %"], ["Partner portal", "318", "3", "−2 %"]];
  return `<section class="card" id="card-client"><header><h2>Breakdown</h2></header><table class="bars"><thead><tr><th scope="col">App client</th><th scope="col">MAU</th><th scope="col">share</th><th scope="col">change</th></tr></thead><tbody>${rows.map(row).join("")}</tbody></table><p class="note">Active users. Segments overlap: who used two counts in both.</p></section>`;
}

function cohorts(): string {
  const weeks = Array.from({ length: 8 }, (_, week) => week);
  const row = (week: number) => `<tr><th scope="row">${5 + week} Oct</th><td>${265 + week * 9}</td>${weeks.map((since) => cell(week, since)).join("")}</tr>`;
  const cell = (week: number, since: number) => {
    if (week + since > 7) return "<td></td>";
    const share = since === 0 ? 100 : 55 - since * 4 + week;
    return `<td class="heat-${Math.round(share / 10)}${week + since === 7 && since ? " running" : ""}">${share}</td>`;
  };
  return `<section class="card" id="card-retention"><header><h2>Retention by week</h2></header><div class="scroll" tabindex="0" role="region" aria-label="Retention"><table class="cohorts"><thead><tr><th scope="col">first week</th><th scope="col">users</th>${weeks.map((week) => `<th scope="col">${week}</th>`).join("")}</tr></thead><tbody>${weeks.map(row).join("")}</tbody></table></div></section>`;
}
