/* Calls one method of the JSON API from the page that describes it. The token stays in its input and goes nowhere but into the request. */
"use strict";

(() => {
  const place = document.getElementById("try");
  if (!place || !window.fetch) return;
  const form = place.querySelector("form");
  const status = document.getElementById("status");
  const answer = document.getElementById("answer");
  form.querySelector("button").disabled = false;

  const pretty = (text) => {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const headers = { "Content-Type": "application/json", "API-Version": "1" };
    const token = form.elements.token.value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    status.textContent = "正在发送……";
    const began = performance.now();
    try {
      // No cookie opens anything there, so none is sent.
      const got = await fetch(place.dataset.path, { method: "POST", headers, body: form.elements.body.value, credentials: "omit" });
      answer.textContent = pretty(await got.text());
      status.textContent = `${got.status}，${Math.round(performance.now() - began)} 毫秒`;
    } catch (error) {
      answer.textContent = String(error);
      status.textContent = "没有得到回答。";
    }
    answer.hidden = false;
  });
})();
