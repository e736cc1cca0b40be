/** Has a screen reader say `text` when it is free to. */
export function say(text: string): void {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}
