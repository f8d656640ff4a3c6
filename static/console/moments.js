// Moments in videos that a search finds.

import { call } from "./api.js";
import { byId, el, marked, say } from "./dom.js";
import { clock } from "./format.js";

const KINDS = { cue: "Said", text: "On screen", chapter: "Chapter", object: "Thing", sound: "Sound" };
const BY = { lexical: "by its words", semantic: "by its meaning" };

const section = byId("moments");
const note = byId("moments-note");
const list = byId("moments-list");
const kind = byId("moments-kind");
let latest = null;
let asked = "";

kind.addEventListener("change", () => findMoments(asked));

/** Shows the moments for `words`; none hides the section. */
export async function findMoments(words) {
  latest?.abort();
  section.hidden = !words;
  asked = words;
  if (!words) return;
  const { signal } = (latest = new AbortController());
  if (!list.children.length) say(note, "Searching…");
  try {
    const query = new URLSearchParams({ q: words, limit: 24, ...(kind.value && { kinds: kind.value }) });
    const { results, corrected, reason } = await call(`/search?${query}`, { signal });
    list.replaceChildren(...results.map(moment));
    say(note, [
      corrected ? `Searched for “${corrected}” instead.` : "",
      reason && reason.code !== "short_beginning" ? `Searched by words alone: ${reason.message}` : "",
      results.length ? "" : "Nothing found.",
      reason?.code === "short_beginning" ? reason.message : "",
    ].filter(Boolean).join(" "));
  } catch (error) {
    if (error.name === "AbortError") return;
    list.replaceChildren();
    say(note, error.message);
  }
}

function moment(found) {
  const at = `#t=${found.start_ms / 1000}`;
  const picture = found.thumbnail_url
    ? el("img", { src: new URL(found.thumbnail_url, location.href).pathname, alt: "", loading: "lazy" })
    : el("span", { className: "blank sound" });
  return el("li", {},
    el("a", { href: `/videos/${found.video.id}/${at}` },
      el("div", { className: "thumb" }, picture,
        el("span", { className: "badge" }, clock(found.start_ms))),
      el("div", {},
        el("p", { className: "quote" }, ...marked(found.highlight)),
        el("p", { className: "meta" },
          el("span", {}, KINDS[found.kind] ?? found.kind),
          el("span", {}, found.matched_by.map((by) => BY[by]).join(" and ")),
          el("span", {}, found.video.title)))));
}
