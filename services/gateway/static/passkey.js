/* Passkeys: shows the forms that need them where the browser has them, and lets it make or show one. Without this script, or without
   WebAuthn, those forms stay hidden and everything else works. */
"use strict";

(() => {
  const able = window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (!able) return;

  const ask = {
    create: async (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
    get: async (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  };

  const tell = (form, text) => {
    const place = form.querySelector("[data-passkey-told]");
    place.textContent = text;
    place.hidden = !text;
  };

  const begin = async (form) => {
    const answer = await fetch(form.dataset.passkeyOptions, {
      method: "POST",
      body: new URLSearchParams({ csrf: form.elements.csrf.value }),
      redirect: "error",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const run = async (form) => {
    const begun = await begin(form);
    const credential = await ask[form.dataset.passkey](JSON.parse(begun.options));
    form.elements.challenge.value = begun.challenge;
    form.elements.credential_json.value = JSON.stringify(credential.toJSON());
    HTMLFormElement.prototype.submit.call(form);
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    for (const hidden of document.querySelectorAll(`[data-passkey-shown="${form.id}"]`)) hidden.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      tell(form, "");
      run(form).catch((error) => {
        button.disabled = false;
        const left = error && (error.name === "NotAllowedError" || error.name === "AbortError");
        const known = error && error.name === "InvalidStateError";
        tell(form, left ? "已取消，或等待时间过长。" : known ? "这台设备上已经有您的通行密钥。" : "没有成功，请稍后再试，或使用密码。");
      });
    });
  }
})();
