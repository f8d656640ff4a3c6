// The stages of the analysis: how far each is, how long it took, and why it gave nothing.

import { byId, el, prose } from "./dom.js";
import { percent, took, words } from "./format.js";

const STATUS = {
  WAITING: "Waiting",
  QUEUED: "Queued",
  RUNNING: "Running",
  SUCCEEDED: "Done",
  SKIPPED: "Skipped",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

const OPEN = ["WAITING", "QUEUED", "RUNNING"];

/** Draws the stages in the order of the analysis. */
export function showStages(stages) {
  byId("stages").replaceChildren(...stages.map(row));
}

function row(stage) {
  const running = stage.status === "RUNNING" || stage.parts?.running > 0;
  const status = running ? "RUNNING" : stage.status;
  const time = stage.duration_ms === null ? "" : took(stage.duration_ms);
  const aside = running ? percent(stage.progress) : stage.reused ? "kept from before" : time;
  const again = stage.attempt > 1 ? `attempt ${stage.attempt} of ${stage.max_attempts}` : null;
  return el("li", {},
    el("span", { className: `status ${status}` }, STATUS[status] ?? status),
    el("span", { className: "name" }, words(stage.name)),
    el("span", { className: "aside" }, [aside, again].filter(Boolean).join(" · ")),
    running ? el("progress", { max: 1, value: stage.progress, "aria-label": words(stage.name) }) : null,
    ...explanations(stage));
}

/** Why it does not run yet, and what went wrong or was missing at its last attempt. */
function explanations(stage) {
  return [stage.waiting_for, stage.reason]
    .filter(Boolean)
    .map(({ message }) => el("p", { className: "reason" }, ...prose(message)));
}

/** Why a stage has no findings (yet); undefined where it looked and found none. */
export function whyNothing(video, name) {
  const stage = video.stages.find((one) => one.name === name);
  if (!stage) return `The ${video.profile} profile leaves this out.`;
  if (OPEN.includes(stage.status)) return "Being worked out…";
  return stage.reason?.message;
}
