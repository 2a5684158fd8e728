/* Reads the page aloud (朗读), piece by piece, each marked while it is read. The button is there only where the device has a Chinese voice;
   pressed again, or Escape, and it is silent. Nothing leaves the device but what its own voice may need. */
"use strict";

(() => {
  const button = document.getElementById("read-aloud");
  const voices = window.speechSynthesis;
  if (!button || !voices) return;
  const PIECES = "h1, h2, h3, h4, p, li, dt, dd, caption, th, td, label, legend, summary";
  const chinese = () => voices.getVoices().find((one) => one.lang.toLowerCase().startsWith("zh"));
  const offer = () => { button.hidden = !chinese(); };

  let reading = 0;
  let marked = null;
  const mark = (piece) => {
    if (marked) marked.classList.remove("read-now");
    marked = piece;
    if (piece) { piece.classList.add("read-now"); piece.scrollIntoView({ block: "nearest" }); }
  };
  const stop = () => {
    reading += 1;
    voices.cancel();
    mark(null);
    button.textContent = "朗读";
    button.setAttribute("aria-pressed", "false");
  };

  // What is seen, each text once: a list item that holds paragraphs is read by them.
  const pieces = () => Array.from(document.querySelectorAll("main " + PIECES.replaceAll(", ", ", main ")))
    .filter((one) => one.checkVisibility() && one.textContent.trim() && !one.querySelector(PIECES));

  const read = (rest, turn) => {
    if (turn !== reading) return;
    if (!rest.length) { stop(); return; }
    const [piece, ...others] = rest;
    const said = new SpeechSynthesisUtterance(piece.textContent.trim().replace(/\s+/g, " "));
    said.lang = "zh-CN";
    said.voice = chinese();
    said.onend = () => read(others, turn);
    said.onerror = () => { if (turn === reading) stop(); };
    mark(piece);
    voices.speak(said);
  };

  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") { stop(); return; }
    button.textContent = "停止朗读";
    button.setAttribute("aria-pressed", "true");
    reading += 1;
    read(pieces(), reading);
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && marked) stop(); });
  addEventListener("pagehide", stop);
  voices.addEventListener("voiceschanged", offer);
  offer();
})();
