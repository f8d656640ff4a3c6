// Keywords and names: a click on one lists the places where it is said, and each of them seeks.

import { call } from "./api.js";
import { byId, el, marked, say } from "./dom.js";
import { transcript } from "./findings.js";
import { clock } from "./format.js";

const places = byId("places");
const note = byId("places-note");
let latest = null;

/** A row of chips that loads itself; `label` draws one, `find` tells where it is said. */
class Terms {
  constructor({ name, label, find, nothing }) {
    Object.assign(this, { name, label, find, nothing });
    this.list = byId(name);
    this.note = byId(`${name}-note`);
    this.seen = "";
  }

  /** Loads what there is now; returns the whole answer, null on failure. */
  async load(videoId, { pending }) {
    try {
      const answer = await call(`/videos/${videoId}/${this.name}`);
      this.show(videoId, answer[this.name]);
      say(this.note, answer[this.name].length ? "" : pending ?? this.nothing);
      return answer;
    } catch (error) {
      say(this.note, error.status === 404 ? pending ?? this.nothing : error.message);
      return null;
    }
  }

  show(videoId, terms) {
    this.list.hidden = !terms.length;
    const seen = JSON.stringify(terms);
    if (seen === this.seen) return; // the reader's place stays
    this.seen = seen;
    this.list.replaceChildren(...terms.map((term) => {
      const chip = el("button", { type: "button", "aria-pressed": "false" }, ...this.label(term));
      chip.addEventListener("click", () => choose(chip, (signal) => this.find(videoId, term, signal)));
      return el("li", {}, chip);
    }));
  }

  /** Nothing here holds at a time. */
  mark() {}
}

/** Shows the places of one chip, or hides them if it was chosen already. */
async function choose(chip, find) {
  latest?.abort();
  const chosen = chip.getAttribute("aria-pressed") === "true";
  for (const one of document.querySelectorAll('.chips [aria-pressed="true"]')) {
    one.setAttribute("aria-pressed", "false");
  }
  places.hidden = true;
  say(note, "");
  if (chosen) return;
  chip.setAttribute("aria-pressed", "true");
  const { signal } = (latest = new AbortController());
  try {
    const found = await find(signal);
    if (signal.aborted) return; // another was chosen meanwhile
    places.replaceChildren(...found.map(place));
    places.hidden = !found.length;
    say(note, found.length ? "" : "It is nowhere said in these words.");
  } catch (error) {
    if (error.name !== "AbortError") say(note, error.message);
  }
}

const place = ({ start_ms, words }) =>
  el("li", {}, el("a", { href: `#t=${start_ms / 1000}` },
    el("time", {}, clock(start_ms)), el("span", {}, ...words)));

/** Where a phrase is said; where it nowhere stands so, where its words are. */
async function said(videoId, { text }, signal) {
  for (const q of [`"${text}"`, text]) {
    const asked = new URLSearchParams({ q, video: videoId, kinds: "cue", limit: 50 });
    const { results } = await call(`/search?${asked}`, { signal });
    const exact = results.filter(({ matched_by }) => matched_by.includes("lexical"));
    if (exact.length) {
      const inOrder = exact.sort((a, b) => a.start_ms - b.start_ms);
      return inOrder.map(({ start_ms, highlight }) => ({ start_ms, words: marked(highlight) }));
    }
  }
  return [];
}

/** Where a name is said, in the whole cue. */
function mentioned(mention) {
  const [span] = mention.spans;
  const cue = span && transcript.items.find(({ id }) => id === span.cue_id);
  // The API counts characters as Python does, not in UTF-16.
  const letters = [...(cue?.text ?? "")];
  const words = cue
    ? [
        letters.slice(0, span.start).join(""),
        el("mark", {}, letters.slice(span.start, span.end).join("")),
        letters.slice(span.end).join(""),
      ]
    : [mention.text];
  return { start_ms: mention.start_ms, words };
}

export const keywords = new Terms({
  name: "keywords",
  label: ({ text }) => [text],
  find: said,
  nothing: "Nobody speaks.",
});

export const entities = new Terms({
  name: "entities",
  label: ({ text, label, count }) => [
    text,
    el("small", {}, count > 1 ? `${label} × ${count}` : label),
  ],
  find: (videoId, { mentions }) => mentions.map(mentioned),
  nothing: "Nobody is named.",
});
