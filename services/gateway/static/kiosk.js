/* A self-service machine. Set up once, it proves to be the device it is registered as (device.js) and the site remembers that for a day.
   While somebody is signed in, sixty seconds without a sign of him end his session; fifteen seconds before, he is asked. The server keeps
   the same sixty seconds, so that nothing stays open should this script not run. */
"use strict";

(() => {
  const IDLE = 60;
  const WARN = 15;
  const TELL = 20;
  const HOME = "/kiosk";

  const setUp = document.getElementById("set-up");
  if (setUp) {
    const told = document.getElementById("set-up-told");
    const begin = async () => {
      setUp.elements.token.value = await window.yiwangDevice.signedIn();
      setUp.submit();
    };
    const failed = (error) => {
      told.textContent = error.said || "没有成功，请检查网络和设备编号。";
      told.hidden = false;
    };
    setUp.addEventListener("submit", (event) => {
      event.preventDefault();
      localStorage.device = setUp.elements.device.value.trim();
      window.yiwangDevice.forget();
      begin().catch((error) => { delete localStorage.device; failed(error); });
    });
    window.yiwangDevice.keys()
      .then(async (pair) => {
        const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
        document.getElementById("jwk").value = JSON.stringify({ kty, crv, x, y });
        // Its day is over: it proves itself again without anybody.
        if (localStorage.device) await begin().catch(failed);
      })
      .catch(() => { document.getElementById("unable").hidden = false; setUp.hidden = true; });
    return;
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const over = document.getElementById("kiosk-over");
  if (!over) {
    // Nobody is signed in: whoever leaves a page open leaves it for the next one all the same.
    if (location.pathname !== HOME) {
      let left = setTimeout(() => location.replace(HOME), IDLE * 1000);
      for (const sign of ["input", "pointerdown", "keydown", "scroll"]) {
        addEventListener(sign, () => { clearTimeout(left); left = setTimeout(() => location.replace(HOME), IDLE * 1000); }, { passive: true });
      }
    }
    return;
  }

  let seen = Date.now();
  let toldAt = Date.now();
  const tell = async () => {
    toldAt = Date.now();
    const got = await fetch("/kiosk/here", { method: "POST", body: new URLSearchParams({ csrf: over.elements.csrf.value }) });
    if (got.status !== 204) location.replace(HOME);
  };
  // The line is broken: told with the next sign, or the site takes him for gone.
  const later = () => { toldAt = 0; };
  const sign = () => {
    seen = Date.now();
    over.hidden = true;
    if (Date.now() - toldAt > TELL * 1000) tell().catch(later);
  };
  for (const one of ["input", "pointerdown", "keydown", "scroll"]) addEventListener(one, sign, { passive: true });
  document.getElementById("kiosk-stay").addEventListener("click", () => { sign(); tell().catch(later); });
  setInterval(() => {
    const left = IDLE - (Date.now() - seen) / 1000;
    if (left <= 0) { over.submit(); return; }
    if (left > WARN) return;
    document.getElementById("kiosk-left").textContent = String(Math.ceil(left));
    if (over.hidden) { over.hidden = false; document.getElementById("kiosk-stay").focus(); }
  }, 500);
})();
