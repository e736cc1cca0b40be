// What makes the server's page live. Without it the page works as tables, links and forms.

import { Charts, type Place } from "./chart/charts.ts";
import { say } from "./view/live.ts";
import { setUpMenus } from "./view/menus.ts";
import { Navigator } from "./view/navigate.ts";
import { setUpRefresh } from "./view/refresh.ts";
import { setUpShortcuts, showShortcutsButton } from "./view/shortcuts.ts";

const charts = new Charts(say);
let place: Place | null = null;

const navigator = new Navigator({
  before() {
    place = charts.place();
  },
  after(reason) {
    show();
    if (reason === "refresh") charts.restore(place);
    else say(summary());
  },
});

function show(): void {
  charts.draw(document);
  showShortcutsButton();
}

/** "28 Oct – 24 Nov · Acme App. Active users: 2,745". */
function summary(): string {
  const text = (part: string) => document.querySelector(`.tile[aria-current="true"] ${part}`)?.textContent?.trim();
  const [label, value] = [text(".label"), text(".value")];
  return label && value ? `${document.title}. ${label}: ${value}` : document.title;
}

show();
setUpMenus();
setUpShortcuts();
setUpRefresh(async () => {
  if (!navigator.isLoading) await navigator.visit(location.href, "refresh");
});
