/* Brings the page up to date when what it shows has changed: the server tells by an event that there is something new, the page is fetched
   by its own address, and its live parts take the place of the old ones. Nothing is replaced under somebody's hands: while a form of the
   page has been touched, or the focus stands in a live part, a link is offered instead. Without this script the page is as it was. */
"use strict";

(() => {
  const note = document.querySelector("[data-live]");
  if (!note || !window.EventSource) return;
  const parts = () => Array.from(document.querySelectorAll("[data-live-part]"));
  const LATER = 4000;
  let touched = false;
  document.addEventListener("input", () => { touched = true; });

  const say = (text, link) => {
    note.hidden = false;
    note.textContent = text;
    if (!link) return;
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = "刷新查看";
    note.append(" ", again);
  };
  const busy = () => touched || parts().some((one) => one.contains(document.activeElement))
    || document.querySelector("details[open] form") !== null;

  const renew = async () => {
    if (note.dataset.live === "ask" || busy()) { say("内容有更新。", true); return; }
    const got = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!got.ok || got.redirected) { say("内容有更新。", true); return; }
    const fresh = new DOMParser().parseFromString(await got.text(), "text/html");
    for (const old of parts()) {
      const replacement = fresh.querySelector(`[data-live-part="${old.dataset.livePart}"]`);
      if (replacement) old.replaceWith(replacement);
    }
    say(`内容已更新（${new Date().toLocaleTimeString("zh-CN")}）。`, false);
  };

  const source = new EventSource(note.dataset.stream);
  const again = () => { renew().catch(() => say("内容有更新。", true)); };
  // What other services make of it (a notice, an invitation to rate) is there a moment later.
  source.addEventListener("changed", () => { again(); setTimeout(again, LATER); });
  source.addEventListener("over", () => { source.close(); say("本页不再自动更新。", true); });
  addEventListener("pagehide", () => source.close());
})();
