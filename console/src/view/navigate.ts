// Another address without another page: fetched, and swapped into `#app`.

import { keep, restore } from "./keep.ts";
import { hideNotice, showNotice } from "./notice.ts";

/** A choice is a new entry of the history; going back and refreshing are none. */
export type Reason = "choice" | "history" | "refresh";

/** A page that came is not worth a progress line before this. */
const PATIENCE_MS = 150;

/** What has not answered by then never will: a request that hangs would stop all refreshing. */
const TIME_LIMIT_MS = 30_000;

export interface Listener {
  before(): void;
  after(reason: Reason): void;
}

export class Navigator {
  readonly #listener: Listener;
  #request: AbortController | null = null;
  /** The address that is shown, without its fragment. */
  #shown = address(location.href);
  /** The address of a choice that has not been answered yet. */
  #chosen: string | null = null;

  constructor(listener: Listener) {
    this.#listener = listener;
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("submit", (event) => this.#submitted(event));
    addEventListener("popstate", () => {
      if (address(location.href) !== this.#shown) void this.visit(location.href, "history");
    });
  }

  get isLoading(): boolean {
    return this.#request !== null;
  }

  /** Shows what the server answers; the figures stay if it answers none. A request under way is given up for it. */
  async visit(href: string, reason: Reason): Promise<void> {
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    this.#chosen = reason === "choice" ? href : null;
    const busy = setTimeout(() => setBusy(true), PATIENCE_MS);
    try {
      const answer = await load(href, AbortSignal.any([request.signal, AbortSignal.timeout(TIME_LIMIT_MS)]));
      if (!request.signal.aborted) this.#show(answer, href, reason);
    } catch (error) {
      if (!request.signal.aborted) showNotice(messageOf(error), () => void this.visit(href, reason));
    } finally {
      clearTimeout(busy);
      if (this.#request === request) {
        this.#request = null;
        this.#chosen = null;
        setBusy(false);
      }
    }
  }

  #show(answer: Document, href: string, reason: Reason): void {
    if (reason === "choice" && address(href) !== this.#shown) history.pushState(null, "", href);
    this.#shown = address(href);
    hideNotice();
    this.#listener.before();
    swap(answer);
    this.#listener.after(reason);
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("#app a[href]") : null;
    if (!link || !/^\/?(\?|$)/.test(link.getAttribute("href") ?? "") || link.hasAttribute("download") || link.target) return;
    event.preventDefault();
    void this.visit(this.#chosen === null ? link.href : onTop(link.href, this.#shown, this.#chosen), "choice");
  }

  #submitted(event: SubmitEvent): void {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if (form.method !== "get" || form.target || !form.closest("#app")) return;
    event.preventDefault();
    void this.visit(formAddress(form, event.submitter), "choice");
  }
}

/** What a link changes of the address that is shown, changed of one that is chosen already: nobody loses the choice before. */
function onTop(href: string, shown: string, chosen: string): string {
  const result = new URL(chosen, location.href);
  const from = new URL(shown, location.href).searchParams;
  const to = new URL(href, location.href).searchParams;
  for (const name of new Set([...from.keys(), ...to.keys()])) {
    const values = to.getAll(name);
    if (values.join("\n") === from.getAll(name).join("\n")) continue;
    result.searchParams.delete(name);
    for (const value of values) result.searchParams.append(name, value);
  }
  return result.href;
}

function address(href: string): string {
  const { pathname, search } = new URL(href);
  return pathname + search;
}

function formAddress(form: HTMLFormElement, submitter: HTMLElement | null): string {
  const url = new URL(form.getAttribute("action") ?? "", location.href);
  const fields = [...new FormData(form, submitter)].filter(([, value]) => typeof value === "string" && value !== "");
  url.search = new URLSearchParams(fields as [string, string][]).toString();
  url.hash = "";
  return url.href;
}

/** The server answered, and not with a page of figures. */
class Refused extends Error {}

async function load(href: string, signal: AbortSignal): Promise<Document> {
  const answer = await fetch(href, { headers: { Accept: "text/html" }, signal, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // The browser is sent to sign in, which no answer to a script can do.
  if (answer.status === 401) location.assign(href);
  const problem = page.querySelector("#problem")?.textContent?.trim();
  if (problem && !answer.ok) throw new Refused(problem);
  if (!answer.ok || !page.querySelector("#app")) throw new Refused(`The console answered with status ${answer.status}.`);
  return page;
}

function messageOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const isTooLate = error instanceof DOMException && error.name === "TimeoutError";
  return `The console ${isTooLate ? "does not answer" : "cannot be reached"}. The figures are those of the last answer.`;
}

function swap(answer: Document): void {
  const app = document.getElementById("app");
  const next = answer.getElementById("app");
  if (!app || !next) return;
  const kept = keep(app);
  copyAttribute(next, app, "data-refresh");
  copyAttribute(answer.documentElement, document.documentElement, "data-theme");
  document.title = answer.title;
  app.replaceChildren(...[...next.childNodes].map((node) => document.adoptNode(node)));
  restore(app, kept);
}

function copyAttribute(from: Element, to: Element, name: string): void {
  const value = from.getAttribute(name);
  if (value === null) to.removeAttribute(name);
  else if (to.getAttribute(name) !== value) to.setAttribute(name, value);
}

function setBusy(busy: boolean): void {
  document.getElementById("view")?.setAttribute("aria-busy", String(busy));
  document.documentElement.classList.toggle("busy", busy);
}
