/* What htmx leaves to the page: where the focus goes when what had it was replaced, and what happens when the answer is no list. */
"use strict";

addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
});
// A refusal is a page of its own, with the way on: it is opened as any other.
const instead = (event) => location.assign(event.detail.pathInfo.finalRequestPath || event.detail.pathInfo.requestPath);
addEventListener("htmx:responseError", instead);
addEventListener("htmx:sendError", instead);
