// Lists of what was found: every entry seeks, and the current ones are marked.

import { call, url } from "./api.js";
import { byId, el, say } from "./dom.js";
import { clock } from "./format.js";

const moment = (segment) => `#t=${segment.start_ms / 1000}`;

/** A list of segments that loads itself and follows the player. */
export class Findings {
  /** `path` ends the API's address; `key` names the array in its answer; `entry` draws one, and
   * `target` is where it leads: to the moment in this video. */
  constructor({ name, path, key, entry, nothing, target = moment }) {
    Object.assign(this, { path, key, entry, nothing, target });
    this.list = byId(name);
    this.note = byId(`${name}-note`);
    this.seen = "";
    this.items = [];
  }

  /** Loads what there is now; returns the whole answer, null on failure. */
  async load(videoId, { pending }) {
    try {
      const answer = await call(`/videos/${videoId}/${this.path}`);
      this.show(answer[this.key]);
      say(this.note, this.items.length ? "" : pending ?? this.nothing);
      return answer;
    } catch (error) {
      say(this.note, error.status === 404 ? pending ?? this.nothing : error.message);
      return null;
    }
  }

  show(segments) {
    this.list.hidden = !segments.length;
    const seen = JSON.stringify(segments);
    if (seen === this.seen) return; // the reader's place stays
    this.seen = seen;
    this.items = segments.map((segment) => {
      const link = el("a", { href: this.target(segment) }, ...this.entry(segment));
      return { ...segment, link, node: el("li", {}, link), current: false };
    });
    this.list.replaceChildren(...this.items.map((item) => item.node));
  }

  /** Marks the entries that hold at `ms`, and brings the first into view. */
  mark(ms) {
    let first = null;
    for (const item of this.items) {
      const current = item.start_ms <= ms && ms < item.end_ms;
      if (current && !item.current) first ??= item;
      if (current !== item.current) {
        item.current = current;
        if (current) item.link.setAttribute("aria-current", "true");
        else item.link.removeAttribute("aria-current");
      }
    }
    if (first && !this.list.matches(":hover, :focus-within")) this.bringIntoView(first.node);
  }

  /** Scrolls the list alone, never the page. */
  bringIntoView(node) {
    const { list } = this;
    list.scrollTo({
      top: node.offsetTop - list.offsetTop - (list.clientHeight - node.offsetHeight) / 2,
      left: node.offsetLeft - list.offsetLeft - (list.clientWidth - node.offsetWidth) / 2,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  }
}

const line = (segment) => [
  el("time", {}, clock(segment.start_ms)),
  el("span", {}, segment.text),
];

export const transcript = new Findings({
  name: "transcript",
  path: "transcript",
  key: "cues",
  entry: (cue) => [
    ...line(cue),
    el("small", { className: "who", hidden: true }),
    ...(cue.flags.length ? [el("small", {}, cue.flags.join(", ").replaceAll("_", " "))] : []),
  ],
  nothing: "Nobody speaks.",
});

/** Says of each cue who speaks, where it is another than before; one speaker alone needs no name. */
export function nameCues(speakers) {
  const names = Object.fromEntries(speakers.map(({ label, name }) => [label, name || label]));
  let before = null;
  for (const { link, speaker } of transcript.items) {
    const another = speakers.length > 1 && speaker && speaker !== before;
    say(link.querySelector(".who"), another ? names[speaker] ?? speaker : "");
    before = speaker ?? before;
  }
}

export const chapters = new Findings({
  name: "chapters",
  path: "chapters",
  key: "chapters",
  entry: (chapter) => [
    el("time", {}, clock(chapter.start_ms)),
    el("span", {}, chapter.title),
  ],
  nothing: "Nobody speaks.",
});

export const summary = new Findings({
  name: "summary",
  path: "summary",
  key: "sentences",
  entry: line,
  nothing: "Nobody speaks.",
});

export const texts = new Findings({
  name: "texts",
  path: "texts",
  key: "texts",
  entry: line,
  nothing: "No text in the pictures.",
});

const labelled = (segment) => [
  el("time", {}, `${clock(segment.start_ms)}–${clock(segment.end_ms)}`),
  el("span", {}, segment.label),
];

export const objects = new Findings({
  name: "objects",
  path: "objects?boxes=none",
  key: "tracks",
  entry: labelled,
  nothing: "No persons, animals or things.",
});

export const faces = new Findings({
  name: "faces",
  path: "faces?boxes=none",
  key: "tracks",
  entry: labelled,
  nothing: "No faces.",
});

export const nudity = new Findings({
  name: "nudity",
  path: "nudity",
  key: "spans",
  entry: (span) => labelled({ ...span, label: `score ${span.score.toFixed(2)}` }),
  nothing: "No nudity.",
});

export const sounds = new Findings({
  name: "sounds",
  path: "sounds",
  key: "events",
  entry: labelled,
  nothing: "Nothing to speak of is heard.",
});

export const speakers = new Findings({
  name: "speakers",
  path: "speakers",
  key: "turns",
  entry: (turn) => [
    el("time", {}, `${clock(turn.start_ms)}–${clock(turn.end_ms)}`),
    el("span", {}, turn.name || turn.speaker),
  ],
  nothing: "Nobody speaks.",
});

export const shots = new Findings({
  name: "shots",
  path: "shots",
  key: "shots",
  entry: (shot) => [
    shot.keyframe_url
      ? el("img", { src: new URL(shot.keyframe_url, location.href).pathname, alt: "", loading: "lazy" })
      : el("span", { className: "blank" }),
    el("span", {}, `Shot ${shot.index + 1}`),
    el("time", {}, `${clock(shot.start_ms)}–${clock(shot.end_ms)}`),
  ],
  nothing: "No shots.",
});

export const duplicates = new Findings({
  name: "duplicates",
  path: "duplicates",
  key: "duplicates",
  entry: (span) => [
    el("time", {}, `${clock(span.start_ms)}–${clock(span.end_ms)}`),
    el("span", {}, `${span.video.title} at ${clock(span.other_start_ms)}${likeness(span)}`),
  ],
  target: (span) => `/videos/${span.video.id}/#t=${span.other_start_ms / 1000}`,
  nothing: "No other video shows the same.",
});

function likeness(span) {
  if (span.identical) return ", the same file";
  return span.mirrored ? ", mirrored" : "";
}
