// One tab for one device: two would not know of each other's scans (Web Locks).

import { h } from "./elements.js";
import { t } from "./words.js";

/**
 * Wait until no other tab has this page open, or somebody wants to go on here. `ended()` is called where
 * another tab goes on.
 */
export async function onlyHere(name, ended) {
  if (!navigator.locks) return;
  const hold = (options, granted) =>
    navigator.locks.request(name, options, (lock) => {
      granted(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined; // held as long as the page is there
    });
  // A lock that another tab takes away rejects.
  const taken = () => {
    ended();
    cover(t("elsewhere_taken")).addEventListener("click", () => location.reload());
  };
  const isFree = await new Promise((known) => hold({ ifAvailable: true }, known).catch(taken));
  if (isFree) return;
  const waiting = new AbortController();
  const button = cover(t("elsewhere_how"));
  await new Promise((go) => {
    button.addEventListener("click", () => {
      waiting.abort();
      hold({ steal: true }, go).catch(taken);
    });
    hold({ signal: waiting.signal }, go).catch(() => waiting.signal.aborted || taken()); // the other one was closed
  });
  document.getElementById("elsewhere").remove();
  document.body.removeAttribute("data-elsewhere");
}

/** Show this instead of the page; returns the button that goes on here. */
function cover(told) {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  document.getElementById("elsewhere")?.remove();
  const button = h("button", { type: "button", class: "main" }, t("elsewhere_use"));
  document.body.dataset.elsewhere = "";
  document.body.append(h("main", { id: "elsewhere" }, h("h1", {}, t("elsewhere_title")), h("p", { role: "alert" }, told), button));
  return button;
}
