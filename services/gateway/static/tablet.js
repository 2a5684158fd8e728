/* The tablet of a window. It signs in as the device it is registered as: its key is made here, never leaves the browser, and signs the
   assertions that tokens are given for. What is rated goes to the JSON API; the same act is sent again under its own id, so that a line
   that breaks counts nothing twice. */
"use strict";

(() => {
  const API = "/api/yiwang.";
  const STORE = "keys";
  const THANKS = 6000;
  const show = (id) => {
    for (const part of document.querySelectorAll("[data-part]")) part.hidden = part.id !== id;
  };
  const tell = (id, text) => {
    const place = document.getElementById(id);
    place.textContent = text;
    place.hidden = !text;
  };

  const kept = (mode, act) => new Promise((resolve, reject) => {
    const opening = indexedDB.open("yiwang-tablet", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = act(opening.result.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    };
  });

  const keys = async () => {
    const found = await kept("readonly", (store) => store.get("pair"));
    if (found) return found;
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    await kept("readwrite", (store) => store.put(pair, "pair"));
    return pair;
  };

  const encoded = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const part = (value) => encoded(new TextEncoder().encode(JSON.stringify(value)));

  const assertion = async (device) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: device, sub: device, aud: "yiwang.identity", iat: now, exp: now + 120, jti: crypto.randomUUID() };
    const told = `${part({ alg: "ES256", typ: "JWT" })}.${part(claims)}`;
    const pair = await keys();
    const signed = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, new TextEncoder().encode(told));
    return `${told}.${encoded(new Uint8Array(signed))}`;
  };

  const call = async (method, body, token) => {
    const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(API + method, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit" });
    const told = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(told.code), { said: (told.errors[0] || {}).reason || told.detail, status: answer.status });
    return told;
  };

  let token = "";
  let until = 0;
  const signedIn = async () => {
    if (Date.now() > until) {
      const given = await call("identity.v1.CountyService/IssueDeviceToken", { assertion: await assertion(localStorage.device) });
      token = given.accessToken;
      until = Date.now() + (Number(given.expiresIn) - 60) * 1000;
    }
    return token;
  };

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
        if (error.status === 401) until = 0;
        tell("told", error.said || "网络不通，请稍后再点一次提交。");
      })
      .finally(() => { button.disabled = false; });
  });

  const setUp = document.getElementById("set-up");
  setUp.addEventListener("submit", (event) => {
    event.preventDefault();
    localStorage.device = new FormData(setUp).get("device").trim();
    until = 0;
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
