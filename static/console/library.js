// The library: every video with its status, and the moments that a search finds.

import { call, url } from "./api.js";
import { byId, el, poll, prose, say } from "./dom.js";
import { clock, isActive, percent, size, status, when } from "./format.js";
import { findMoments } from "./moments.js";
import "./uploading.js";

const PAGE = 24;
const LARGEST_PAGE = 200;

const list = byId("videos");
const note = byId("videos-note");
const search = byId("q");
const filter = byId("status");
const cards = new Map();
let shown = PAGE;
let someActive = false;
let latest = null;

async function load() {
  latest?.abort();
  const { signal } = (latest = new AbortController());
  const asked = new URLSearchParams({ page_size: Math.min(shown, LARGEST_PAGE) });
  if (filter.value) asked.set("status", filter.value);
  if (search.value.trim()) asked.set("q", search.value.trim());
  try {
    const page = await call(`/videos?${asked}`, { signal });
    someActive = page.results.some(isActive);
    show(page.results);
    byId("more").hidden = !page.next || shown >= LARGEST_PAGE;
  } catch (error) {
    if (error.name !== "AbortError") say(note, error.message);
  }
}

function show(videos) {
  const nodes = videos.map((video) => {
    if (!cards.has(video.id)) cards.set(video.id, new Card(video.id));
    return cards.get(video.id).update(video);
  });
  // Moving a node that is in its place already would take the focus from it.
  const same = nodes.length === list.children.length && nodes.every((n, i) => list.children[i] === n);
  if (!same) list.replaceChildren(...nodes);
  const narrowed = search.value.trim() ? "No title fits." : filter.value && "No video fits.";
  const nothing = narrowed || "Nothing here yet. Upload a first video.";
  say(note, videos.length ? "" : nothing);
}

/** One video; its link stays the same element, so that updates keep the focus. */
class Card {
  constructor(id) {
    this.link = el("a", { href: `/videos/${id}/` });
    this.node = el("li", { className: "card" }, this.link);
    this.seen = "";
  }

  update(video) {
    const seen = JSON.stringify(video);
    if (seen !== this.seen) {
      this.seen = seen;
      this.link.replaceChildren(...parts(video));
    }
    return this.node;
  }
}

function parts(video) {
  const picture = video.links.poster
    ? el("img", { src: url(`/videos/${video.id}/poster.jpg`), alt: "", loading: "lazy" })
    : el("span", { className: video.media && !video.media.video ? "blank sound" : "blank" });
  const duration = video.media && el("span", { className: "badge" }, clock(video.media.duration_ms));
  const bar =
    video.status === "PROCESSING"
      ? el("progress", { max: 1, value: video.progress, "aria-label": percent(video.progress) })
      : null;
  return [
    el("div", { className: "thumb" }, picture, duration, bar),
    el("h3", {}, video.title),
    el("p", { className: "meta" },
      el("span", { className: `status ${video.status}` }, status(video)),
      video.size_bytes ? el("span", {}, size(video.size_bytes)) : null,
      el("time", { dateTime: video.created_at }, when(video.created_at))),
    video.status === "FAILED" && video.status_reason
      ? el("p", { className: "reason" }, ...prose(video.status_reason.message))
      : null,
  ].filter(Boolean);
}

/** Keeps the search and the filter in the address, so that a reload or a link shows the same. */
function remember() {
  const asked = new URLSearchParams();
  if (search.value.trim()) asked.set("q", search.value.trim());
  if (filter.value) asked.set("status", filter.value);
  history.replaceState(null, "", asked.size ? `?${asked}` : location.pathname);
}

function narrow() {
  remember();
  shown = PAGE;
  findMoments(search.value.trim());
  load();
}

const given = new URLSearchParams(location.search);
search.value = given.get("q") ?? "";
if ([...filter.options].some((option) => option.value === given.get("status"))) {
  filter.value = given.get("status");
}
findMoments(search.value.trim());
// An upload from elsewhere should turn up too, only less soon.
poll(load, () => (someActive ? 2000 : 15_000));

let typing = null;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(narrow, 250);
});
filter.addEventListener("change", narrow);
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  narrow();
});
byId("more").addEventListener("click", () => {
  shown += PAGE;
  load();
});
