/* The desk by keyboard. Arrow keys go from row to row while the focus stands on a row's link, Ctrl+Enter sends the form one is typing in,
   and on a case Alt+PageDown and Alt+PageUp lead to the next and the one before in the list it was opened from. No single letter does
   anything by itself, so nobody sets anything off by speaking or mistyping (WCAG 2.2, 2.1.4). */
"use strict";

(() => {
  const LIST = "yiwang-desk-list";
  // Asked for each time: a filter replaces the list.
  const rows = () => Array.from(document.querySelectorAll("table.rows tbody th a[href^='/desk/']"));
  addEventListener("click", (event) => {
    const links = rows();
    if (!links.includes(event.target.closest("a"))) return;
    sessionStorage.setItem(LIST, JSON.stringify(links.map((one) => one.getAttribute("href"))));
  });

  const steps = { ArrowDown: 1, ArrowUp: -1 };
  const among = (key) => {
    const links = rows();
    const at = links.indexOf(document.activeElement);
    if (at < 0) return false;
    const to = key === "Home" ? 0 : key === "End" ? links.length - 1 : at + (steps[key] || 0);
    if (!links[to] || to === at) return false;
    links[to].focus();
    return true;
  };

  const beside = (step) => {
    const listed = JSON.parse(sessionStorage.getItem(LIST) || "[]");
    const at = listed.indexOf(location.pathname);
    const to = at < 0 ? undefined : listed[at + step];
    if (to) location.assign(to);
    return Boolean(to);
  };

  addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("form");
    let done = false;
    if (event.ctrlKey && event.key === "Enter" && form) {
      form.requestSubmit();
      done = true;
    } else if (event.altKey && (event.key === "PageDown" || event.key === "PageUp")) {
      done = beside(event.key === "PageDown" ? 1 : -1);
    } else if (!event.altKey && !event.ctrlKey && !event.metaKey && (event.key in steps || event.key === "Home" || event.key === "End")) {
      done = among(event.key);
    }
    if (done) event.preventDefault();
  });
})();
