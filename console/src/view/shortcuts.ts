// Single keys: `data-key="x"` is clicked by x. They can be switched off (WCAG 2.1.4), which the browser remembers.

import { isOpen } from "./menus.ts";

const STORED = "shortcuts";

let on = stored();

/** Listens for the page's whole life: the list and its button are replaced with the content. */
export function setUpShortcuts(): void {
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.id === "shortcuts-on") store(target.checked);
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("#show-shortcuts")) openList();
  });
  document.addEventListener("keydown", pressed);
}

/** Without script there is nothing to list, and no button for it. */
export function showShortcutsButton(): void {
  document.getElementById("show-shortcuts")?.removeAttribute("hidden");
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) || isMoving(event) || document.querySelector("dialog[open]") || !on) return;
  if (event.key === "?") openList();
  else if (!click(event.key)) return;
  event.preventDefault();
}

function click(key: string): boolean {
  const found = [...document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)];
  found[0]?.click();
  return found.length > 0;
}

function openList(): void {
  const box = document.querySelector<HTMLInputElement>("#shortcuts-on");
  if (box) box.checked = on;
  document.querySelector<HTMLDialogElement>("dialog#shortcuts:not([open])")?.showModal();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));
}

/** Whether an arrow key belongs to what is open, or to the table that it scrolls. */
function isMoving({ key, target }: KeyboardEvent): boolean {
  return key.startsWith("Arrow") && (isOpen() || (target instanceof Element && target.closest(".scroll, details[open]") !== null));
}

/** A browser may refuse to remember anything: then they are on, until switched off for this page. */
function stored(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

function store(value: boolean): void {
  on = value;
  try {
    localStorage.setItem(STORED, value ? "on" : "off");
  } catch {
    // `on` holds it for this page.
  }
}
