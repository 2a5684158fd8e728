/* Checks the transcript of a draw in this browser, step by step, and says so beside each step of the page. It takes nothing on trust but
   the transcript itself: every digest is computed again by WebCrypto. Without this script the page shows the same values as text. */
"use strict";

(() => {
  const page = document.querySelector("[data-transcript]");
  if (!page || !window.crypto || !crypto.subtle) return;

  const utf8 = (text) => new TextEncoder().encode(text);
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const hex = (data) => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
  const joined = (parts) => {
    const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of parts) { whole.set(one, at); at += one.length; }
    return whole;
  };
  const sha = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));

  // Canonical JSON (RFC 8785) of texts, whole numbers, truths, lists and objects.
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value && typeof value === "object") return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
    return JSON.stringify(value);
  };

  const rootOf = async (leaves) => {
    if (!leaves.length) return sha();
    if (leaves.length === 1) return leaves[0];
    let split = 1;
    while (split * 2 < leaves.length) split *= 2;
    return sha(Uint8Array.of(1), await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)));
  };

  const nonceOf = async (party, beacon) => {
    if (party.nonce) return bytes(party.nonce);
    if (beacon) return sha(utf8(beacon));
    return party.commitment ? bytes(party.commitment) : new Uint8Array(32);
  };

  const say = (step, holds) => {
    for (const place of document.querySelectorAll(`[data-check="${step}"]`)) {
      place.textContent = holds ? "✓ 已核对" : "✗ 不相符";
      place.classList.add(holds ? "yes" : "no");
    }
    return holds;
  };

  const notice = async (told) => say("notice", hex(await sha(utf8(canonical(told.notice)))) === told.notice_digest);

  const list = async (told) => {
    const codes = told.candidates.map((one) => one.uscc);
    const sorted = codes.every((one, at) => at === 0 || codes[at - 1] < one);
    const out = told.excluded.every((one) => !codes.includes(one.uscc));
    const leaves = await Promise.all(told.candidates.map((one) => sha(Uint8Array.of(0), utf8(canonical(one)))));
    return say("list", sorted && out && hex(await rootOf(leaves)) === told.root);
  };

  const parties = async (told) => {
    const closes = told.notice.signup_end;
    const named = told.parties.map((one) => one.party).join() === "platform,owner,supervisor";
    const early = say("commitments", named && told.parties.every((one) => (one.committed_at || "") <= closes));
    const opened = await Promise.all(told.parties.map(async (one) => {
      if (!one.nonce) return true;
      const late = one.party !== "platform" && one.revealed_at > told.notice.selection_at;
      return !late && one.nonce.length === 64 && hex(await sha(bytes(one.nonce))) === one.commitment;
    }));
    return say("reveals", opened.every(Boolean)) && early;
  };

  const beacon = async (told) => {
    const named = told.notice.beacon;
    const used = told.beacon;
    const same = named && used ? ["source", "round", "at"].every((key) => named[key] === used[key]) : !named && !used;
    return say("beacon", same && (!used || Boolean(used.value) || !told.order));
  };

  const order = async (told) => {
    const value = (told.beacon && told.beacon.value) || "";
    const nonces = await Promise.all(told.parties.map((one) => nonceOf(one, value)));
    const seed = await sha(bytes(told.root), bytes(told.notice_digest), ...nonces, utf8(value));
    const right = say("seed", hex(seed) === told.seed);
    const key = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const drawn = await Promise.all(told.candidates.map(async (one) => {
      return [hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(one.uscc)))), one.uscc];
    }));
    drawn.sort((a, b) => (a[0] === b[0] ? (a[1] < b[1] ? -1 : 1) : a[0] < b[0] ? -1 : 1));
    const same = drawn.length === told.order.length && drawn.every((one, at) => one[1] === told.order[at]);
    return say("order", same && told.winner === (told.order[0] || null)) && right;
  };

  const check = async () => {
    const answer = await fetch(page.dataset.transcript);
    if (!answer.ok) return;
    const told = await answer.json();
    const steps = [notice, list, parties, beacon, ...(told.order ? [order] : [])];
    const held = [];
    for (const step of steps) held.push(await step(told).catch(() => false));
    const all = held.every(Boolean);
    const whole = document.getElementById("checked");
    whole.textContent = all ? (told.order ? "您的浏览器已逐步复算，全部相符。" : "截至目前公开的各步全部相符，抽取尚未完成。") : "有步骤不相符，请勿采信这个结果，并告知监管部门。";
    whole.closest(".alert").classList.add(all ? "good" : "warn");
    whole.closest(".alert").hidden = false;
  };

  check();
})();
