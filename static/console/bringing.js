// Subtitles of people's own, in place of what is heard.

import { call } from "./api.js";
import { byId, el, say } from "./dom.js";
import { isActive, language } from "./format.js";

const { id } = byId("video").dataset;
const PATH = `/videos/${id}/transcript`;
const problem = byId("bring-problem");
const file = byId("bring-file");
let changed = () => {};

/** Calls `then` once another analysis has begun. */
export function onImport(then) {
  changed = then;
}

/** Shows what can be brought, taken and forgotten: nothing while an analysis is under way. */
export function showImport(video, imported) {
  byId("bring").hidden = isActive(video) || !video.media;
  byId("bring-forget").hidden = !imported;
  const tracks = (video.media?.subtitles ?? []).filter(({ readable }) => readable);
  byId("bring-tracks").replaceChildren(
    ...tracks
      .filter(({ index }) => imported?.track !== index)
      .map((track) => el("button", { className: "plain", onclick: () => put({ json: { track: track.index } }) }, named(track))),
  );
}

const named = ({ index, title, language: code }) =>
  `Take track ${[index, code && language(code), title].filter(Boolean).join(", ")}`;

const put = (sent) => act({ method: "PUT", ...sent });

async function act(sent) {
  say(problem, "");
  try {
    changed(await call(PATH, sent));
  } catch (error) {
    say(problem, error.message);
  }
}

byId("bring-file-button").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  if (!file.files.length) return;
  const body = new FormData();
  body.append("file", file.files[0]);
  file.value = ""; // the same again is an event again
  put({ body });
});
byId("bring-forget").addEventListener("click", () => act({ method: "DELETE" }));
