// A question about the video, answered from what is said and shown in it.

import { call } from "./api.js";
import { byId, el, say } from "./dom.js";
import { clock } from "./format.js";

const { id } = byId("video").dataset;
const form = byId("ask");
const button = form.querySelector("button");

/** Shows an answer, or why there is none; what the model wrote stays text. */
function show({ answer, citations, quoted, reason, model, cached }) {
  say(byId("answer"), answer);
  say(byId("ask-note"), reason?.message ?? "");
  byId("citations").hidden = !citations.length;
  byId("citations").replaceChildren(...citations.map(citation));
  const by = `${quoted ? "Quoted from the video, found by" : "By"} ${model}${cached ? ", asked before" : ""}`;
  say(byId("answer-by"), answer ? `${by}: check it against these moments.` : "");
}

const citation = ({ start_ms, text }) =>
  el("li", {},
    el("a", { href: `#t=${start_ms / 1000}` },
      el("time", {}, clock(start_ms)),
      el("span", {}, text)));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  show({ answer: "", citations: [], reason: { message: "Asking…" } });
  try {
    show(await call(`/videos/${id}/ask`, { method: "POST", json: { question: form.elements.question.value } }));
  } catch (error) {
    say(byId("ask-note"), error.message);
  }
  button.disabled = false;
});
