// Menus are `<details class="menu">`: one is open at a time, and a click elsewhere or Escape closes it. Help is popovers,
// put under their buttons.

const OPEN = "details.menu[open]";

export function setUpMenus(): void {
  // `toggle` does not bubble.
  document.addEventListener("toggle", ({ target }) => toggled(target), true);
  document.addEventListener("pointerdown", ({ target }) => closeMenus(target instanceof Element ? target.closest(OPEN) : null));
  document.addEventListener("focusin", ({ target }) => closeMenus(target instanceof Element ? target.closest(OPEN) : null));
  document.addEventListener("keydown", keyed);
}

/** Whether a menu, a help or a dialog is open. */
export function isOpen(): boolean {
  return document.querySelector(`${OPEN}, dialog[open], :popover-open`) !== null;
}

function closeMenus(except: Element | null): void {
  for (const menu of document.querySelectorAll(OPEN)) if (menu !== except) menu.removeAttribute("open");
}

function toggled(target: EventTarget | null): void {
  if (!(target instanceof HTMLElement)) return;
  if (target.matches(OPEN)) {
    closeMenus(target);
    keepInSight(target);
  }
  if (target.matches(":popover-open")) placeUnderButton(target);
}

/** A menu at the right of a narrow window would leave it. */
function keepInSight(menu: HTMLElement): void {
  const list = menu.querySelector<HTMLElement>(":scope > div");
  if (!list) return;
  list.style.removeProperty("translate");
  const { left, right } = list.getBoundingClientRect();
  const room = document.documentElement.clientWidth - 8;
  const shift = right > room ? room - right : left < 8 ? 8 - left : 0;
  if (shift) list.style.setProperty("translate", `${shift}px 0`);
}

function placeUnderButton(popover: HTMLElement): void {
  const button = document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
  if (!button) return;
  const at = button.getBoundingClientRect();
  const right = document.documentElement.clientWidth - 8 - popover.offsetWidth;
  const below = at.bottom + 6 + popover.offsetHeight <= innerHeight;
  popover.style.margin = "0";
  popover.style.inset = "auto";
  popover.style.left = `${Math.max(8, Math.min(at.left - 12, right))}px`;
  popover.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - 6 - popover.offsetHeight)}px`;
}

function keyed(event: KeyboardEvent): void {
  const menu = document.querySelector<HTMLElement>(OPEN);
  if (!menu) return;
  const summary = menu.querySelector<HTMLElement>("summary");
  if (event.key === "Escape") {
    menu.removeAttribute("open");
    if (menu.contains(document.activeElement)) summary?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    moveWithin(menu, event);
  }
}

function moveWithin(menu: HTMLElement, event: KeyboardEvent): void {
  const active = document.activeElement;
  if (!menu.contains(active) || active instanceof HTMLInputElement || active instanceof HTMLSelectElement) return;
  const stops = [...menu.querySelectorAll<HTMLElement>("summary, a[href], button")].filter((stop) => stop.checkVisibility());
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = stops[(stops.indexOf(active as HTMLElement) + step + stops.length) % stops.length];
  event.preventDefault();
  next?.focus();
}
