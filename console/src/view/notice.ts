// What went wrong, above the last good figures.

export function showNotice(message: string, retry: () => void): void {
  const notice = document.getElementById("notice");
  if (!notice) return;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Retry" });
  button.addEventListener("click", retry);
  notice.replaceChildren(`${message} `, button);
  notice.hidden = false;
}

export function hideNotice(): void {
  const notice = document.getElementById("notice");
  if (!notice || notice.hidden) return;
  notice.hidden = true;
  notice.replaceChildren();
}
