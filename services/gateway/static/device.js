/* A machine of the hall that signs in as the device it is registered as: its key is made here, never leaves the browser, and signs the
   assertions that tokens are given for. Used by tablet.js and kiosk.js. */
"use strict";

window.yiwangDevice = (() => {
  const API = "/api/yiwang.";
  const STORE = "keys";

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
  // The next call asks for a new token.
  const forget = () => { until = 0; };

  return { call, keys, signedIn, forget };
})();
