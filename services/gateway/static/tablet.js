/* The tablet of a window. It signs in as the device it is registered as (device.js). What is rated goes to the JSON API; the same act is
   sent again under its own id, so that a line that breaks counts nothing twice. */
"use strict";

(() => {
  const THANKS = 6000;
  const show = (id) => {
    for (const part of document.querySelectorAll("[data-part]")) part.hidden = part.id !== id;
  };
  const tell = (id, text) => {
    const place = document.getElementById(id);
    place.textContent = text;
    place.hidden = !text;
  };

  const { call, keys, signedIn, forget } = window.yiwangDevice;

  const form = document.getElementById("rate");
  const fresh = () => {
    form.reset();
    form.dataset.act = crypto.randomUUID();
    tell("told", "");
    show("rate");
  };

  const rate = async () => {
    const typed = new FormData(form);
    const grade = Number(typed.get("grade"));
    await call("rating.v1.WindowService/RateOnTablet", {
      requestId: form.dataset.act,
      grade,
      tags: typed.getAll(`tags-${grade}`),
      caseNumber: typed.get("case_number").trim(),
      at: new Date().toISOString(),
    }, await signedIn());
    show("thanks");
    setTimeout(fresh, THANKS);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    rate()
      .catch((error) => {
        if (error.status === 401) forget();
        tell("told", error.said || "网络不通，请稍后再点一次提交。");
      })
      .finally(() => { button.disabled = false; });
  });

  const setUp = document.getElementById("set-up");
  setUp.addEventListener("submit", (event) => {
    event.preventDefault();
    localStorage.device = new FormData(setUp).get("device").trim();
    forget();
    signedIn().then(fresh, (error) => {
      delete localStorage.device;
      tell("set-up-told", error.said || "没有成功，请检查网络和设备编号。");
    });
  });

  keys()
    .then(async (pair) => {
      const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
      document.getElementById("jwk").value = JSON.stringify({ kty, crv, x, y });
      if (localStorage.device) fresh(); else show("set-up");
    })
    .catch(() => show("unable"));
})();
