// What makes the server's page live. Without it the page works as tables, links and forms.

import { Charts, type Place } from "./chart/charts.ts";
import { say } from "./view/live.ts";
import { setUpMenus } from "./view/menus.ts";
import { Navigator } from "./view/navigate.ts";
import { setUpRefresh } from "./view/refresh.ts";
import { setUpShortcuts } from "./view/shortcuts.ts";

const charts = new Charts(say);
let place: Place | null = null;

const navigator = new Navigator({
  before() {
    place = charts.place();
  },
  after(reason) {
    charts.draw(document);
    if (reason === "refresh") charts.restore(place);
    else say(document.title);
  },
});

charts.draw(document);
setUpMenus();
setUpShortcuts();
setUpRefresh(async () => {
  if (!navigator.isLoading) await navigator.visit(location.href, "refresh");
});
