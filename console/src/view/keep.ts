// What a reader has done to the page, kept while its content is replaced: focus, open tables, the places scrolled to.

export interface Kept {
  focus: string | null;
  focusWasInside: boolean;
  open: string[];
  scroll: [number, number];
  /** Of the tables that scroll by themselves, by their labels. */
  tables: Map<string, [number, number]>;
}

export function keep(app: HTMLElement): Kept {
  const active = document.activeElement;
  const inside = active instanceof HTMLElement && app.contains(active);
  return {
    focus: inside ? focusSelector(active) : null,
    focusWasInside: inside,
    open: [...app.querySelectorAll("details[open]:not(.menu)")].flatMap((details) => nameOf(details) ?? []),
    scroll: [scrollX, scrollY],
    tables: new Map(tables(app).map((table) => [table.ariaLabel ?? "", [table.scrollLeft, table.scrollTop]])),
  };
}

export function restore(app: HTMLElement, kept: Kept): void {
  for (const details of app.querySelectorAll("details:not(.menu)")) {
    if (kept.open.includes(nameOf(details) ?? "")) details.setAttribute("open", "");
  }
  for (const table of tables(app)) {
    const [left, top] = kept.tables.get(table.ariaLabel ?? "") ?? [0, 0];
    table.scrollTo({ left, top, behavior: "instant" });
  }
  if (kept.focusWasInside) focus(app, kept.focus);
  scrollTo({ left: kept.scroll[0], top: kept.scroll[1], behavior: "instant" });
}

function tables(app: HTMLElement): HTMLElement[] {
  return [...app.querySelectorAll<HTMLElement>(".scroll[aria-label]")];
}

/** What had the focus, else the content as a whole: never the top of the document again. */
function focus(app: HTMLElement, selector: string | null): void {
  const found = selector ? app.querySelector<HTMLElement>(selector) : null;
  if (!found) app.tabIndex = -1;
  (found ?? app).focus({ preventScroll: true });
}

/** A choice of a menu, which is closed afterwards, stands for the menu. */
function focusSelector(element: HTMLElement): string | null {
  const menu = element.closest("details.menu");
  if (menu && element !== menu.firstElementChild) {
    return selectorOf(menu, "id", " > summary") ?? selectorOf(menu.firstElementChild, "data-focus") ?? selectorOf(menu.firstElementChild, "id");
  }
  return selectorOf(element, "id") ?? selectorOf(element, "data-focus") ?? selectorOf(element, "href");
}

function selectorOf(element: Element | null, attribute: string, below = ""): string | null {
  const value = element?.getAttribute(attribute);
  return value ? `[${attribute}="${CSS.escape(value)}"]${below}` : null;
}

/** A chart's table is named by its chart. */
function nameOf(details: Element): string | null {
  return details.id || details.previousElementSibling?.id || null;
}
