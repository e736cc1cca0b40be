// The page reloads its figures each `data-refresh` seconds while somebody may be looking and nothing is half done.

import { isOpen } from "./menus.ts";

const LOOK_EVERY_MS = 1000;

/** `reload` settles when the figures are there or are known not to come. */
export function setUpRefresh(reload: () => Promise<void>): void {
  let last = Date.now();
  let underWay = false;
  const look = async () => {
    if (underWay || Date.now() - last < interval() || !isIdle()) return;
    underWay = true;
    try {
      await reload();
    } finally {
      underWay = false;
      last = Date.now();
    }
  };
  setInterval(() => void look(), LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => void look());
}

function interval(): number {
  const seconds = Number(document.getElementById("app")?.dataset["refresh"]);
  return seconds > 0 ? seconds * 1000 : Infinity;
}

function isIdle(): boolean {
  return document.visibilityState === "visible" && !isOpen() && !document.activeElement?.closest("form");
}
