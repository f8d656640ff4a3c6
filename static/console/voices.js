// Who speaks: a field for each voice, to say whose it is.

import { call } from "./api.js";
import { byId, el, say } from "./dom.js";

const list = byId("voices");
const problem = byId("voices-problem");

/** Shows a field for each of `speakers`; `renamed` is called after one got another name. */
export function showVoices(videoId, speakers, renamed) {
  if (list.contains(document.activeElement)) return; // somebody is writing
  list.hidden = !speakers.length;
  list.replaceChildren(...speakers.map(({ label, name }) => {
    const field = el("input", {
      value: name,
      maxLength: 100,
      placeholder: "Whose voice is it?",
      onchange: () => rename(`/videos/${videoId}/speakers/${label}`, field, renamed),
    });
    return el("li", {}, el("label", {}, el("span", {}, label), field));
  }));
}

async function rename(path, field, renamed) {
  say(problem, "");
  try {
    field.value = (await call(path, { method: "PATCH", json: { name: field.value } })).name;
    await renamed();
  } catch (error) {
    say(problem, error.message);
  }
}
