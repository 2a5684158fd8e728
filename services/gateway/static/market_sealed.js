/* What must not leave this browser before its time: the nonce of a draw's party, and a sealed bid. Made here by WebCrypto, kept in this
   browser's own storage, and offered as a file to keep. Only digests are sent; the rest when it is revealed. */
"use strict";

(() => {
  if (!window.crypto || !crypto.subtle) return;

  const hex = (data) => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
  const sha = async (data) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
  const random = () => crypto.getRandomValues(new Uint8Array(32));

  const kept = (key) => {
    try { return JSON.parse(localStorage.getItem(key) || "null"); } catch { return null; }
  };
  // A browser may refuse to keep anything: the file is then the only copy, and the page says so.
  const keep = (key, told) => {
    try { localStorage.setItem(key, JSON.stringify(told)); return true; } catch { return false; }
  };

  const tell = (box, text) => {
    const place = box.querySelector("[data-told]");
    place.textContent = text;
    place.hidden = false;
  };

  const offer = (box, told, name) => {
    const link = box.querySelector("[data-keep]");
    if (link.href) URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(new Blob([JSON.stringify(told, null, 2)], { type: "application/json" }));
    link.download = name;
    link.hidden = false;
  };

  const fromFile = (box, take) => {
    const place = box.querySelector("[data-file]");
    place.hidden = false;
    place.querySelector("input").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (!file) return;
      try {
        const told = JSON.parse(await file.text());
        if (told.procurement !== box.dataset.procurement) tell(box, "这个文件不是这次采购的。");
        else take(told);
      } catch { tell(box, "这个文件读不出来，请选择下载保存的文件。"); }
    });
  };

  const saved = (there) => (there ? "已保存在这个浏览器里；请同时下载文件妥善保管。" : "这个浏览器不能保存，请务必现在下载文件。");

  const nonce = (box) => {
    const into = box.querySelector("[data-into]");
    const { key, number, procurement, party } = box.dataset;
    const take = (told) => { into.value = told.nonce; tell(box, "已填入保存的随机数，请提交。"); };
    if (box.dataset.nonce === "reveal") {
      const before = kept(key);
      if (before) take(before);
      fromFile(box, take);
      return;
    }
    const show = async (told, there) => {
      into.value = told.commitment;
      offer(box, told, `nonce-${number}-${party}.json`);
      tell(box, `承诺值已填好。随机数${saved(there)}`);
    };
    const button = box.querySelector("[data-make]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      // One that was made here before may have been handed in already: it stays.
      const before = kept(key);
      if (before) { await show(before, true); return; }
      const made = random();
      const told = { procurement, number, party, nonce: hex(made), commitment: await sha(made) };
      await show(told, keep(key, told));
    });
  };

  // Yuan or percent as typed, in fen or basis points; null for what is none.
  const hundredths = (typed) => {
    const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(typed.replaceAll(",", "").replace(/%$/, "").trim());
    return found ? Number(found[1]) * 100 + Number((found[2] || "").padEnd(2, "0")) : null;
  };

  const seal = (box) => {
    const price = box.querySelector("[data-price]");
    const into = box.querySelector("[data-into]");
    const { key, number, procurement, uscc } = box.dataset;
    box.querySelector("[data-typed]").hidden = false;
    const button = box.querySelector("[data-make]");
    button.addEventListener("click", async () => {
      const value = hundredths(price.value);
      if (value === null) { tell(box, "请填写报价，最多两位小数。"); price.focus(); return; }
      const made = hex(random());
      const commitment = await sha(new TextEncoder().encode(`${procurement}|${uscc}|${value}|${made}`));
      const told = { procurement, number, uscc, value, price: price.value.trim(), nonce: made, commitment };
      into.value = commitment;
      const there = keep(key, told);
      offer(box, told, `bid-${number}-${uscc}.json`);
      tell(box, `报价已密封，只提交承诺值。报价和随机数${saved(there)}`);
    });
  };

  const open = (box) => {
    const take = (told) => {
      box.querySelector("[name=value]").value = (told.value / 100).toFixed(2);
      box.querySelector("[name=nonce]").value = told.nonce;
      tell(box, "已填入保存的报价和随机数，请核对后提交。");
    };
    const before = kept(box.dataset.key);
    if (before) take(before);
    fromFile(box, take);
  };

  for (const box of document.querySelectorAll("[data-nonce]")) nonce(box);
  for (const box of document.querySelectorAll("[data-bid=seal]")) seal(box);
  for (const box of document.querySelectorAll("[data-bid=open]")) open(box);
})();
