// The JSON API, called with the session's cookie.

const ROOT = "/api/v1";

/** What the API answered instead of a result; `message` is fit to be shown. */
export class ApiError extends Error {
  constructor(status, { code = "error", detail, errors = {} } = {}) {
    super(detail || "The server gave no usable answer. Try again in a moment.");
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** The message, with what is wrong in each field. */
  get sentence() {
    const fields = Object.entries(this.errors)
      .filter(([, said]) => said.join(" ") !== this.message)
      .map(([name, said]) => `${name}: ${said.join(" ")}`);
    return [this.message, ...fields].join(" ");
  }
}

const unreachable = () =>
  new ApiError(0, { code: "unreachable", detail: "The server cannot be reached." });

/** The address of `path` under the API. */
export const url = (path) => ROOT + path;

/** Calls the API; returns the JSON it answers, or null. Throws `ApiError`, or an abort.
 *
 * What it sends is a `body` as `fetch` takes it, or `json`. */
export async function call(path, { method = "GET", body, json, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (json) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let status, text;
  try {
    const response = await fetch(url(path), { method, headers, body, signal });
    status = response.status;
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  return result(status, text);
}

/** Uploads a file in a way that survives broken connections; returns the new video's id.
 *
 * The same file with the same `metadata` goes on where it was cut off, also days later and after
 * the page was closed. Tells `onProgress` how much is sent (0..1). */
export function upload(file, metadata, { onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const sending = new tus.Upload(file, {
      endpoint: url("/uploads"),
      metadata: { filename: file.name, ...metadata },
      retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000],
      fingerprint: () => fingerprint(file, metadata),
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrfToken()),
      onProgress: (sent, total) => onProgress(total ? sent / total : 0),
      onSuccess: ({ lastResponse }) => {
        const address = lastResponse.getHeader("Video-Location");
        if (address) resolve(address.split("/").at(-1));
        else reject(new ApiError(0, { detail: "It has arrived, and becomes a video when there is room for it." }));
      },
      onError: (error) => reject(problem(error.originalResponse)),
    });
    signal.addEventListener("abort", () => {
      sending.abort();
      reject(new DOMException("Cancelled", "AbortError"));
    });
    sending.findPreviousUploads().then(([previous]) => {
      if (signal.aborted) return;
      if (previous) sending.resumeFromPreviousUpload(previous);
      sending.start();
    }, reject);
  });
}

const fingerprint = async (file, metadata) =>
  JSON.stringify([file.name, file.type, file.size, file.lastModified, metadata]);

/** What a failed request of tus means. */
function problem(response) {
  if (!response) return unreachable();
  try {
    result(response.getStatus(), response.getBody());
    return new ApiError(response.getStatus());
  } catch (error) {
    return error;
  }
}

function result(status, text) {
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(status);
  }
  if (status === 401) logIn();
  if (status >= 400) throw new ApiError(status, body ?? {});
  return body;
}

/** The session is over: log in and come back. */
function logIn() {
  const here = location.pathname + location.search;
  location.assign(`/login/?next=${encodeURIComponent(here)}`);
}

// Read at every call: logging in from another tab changes it.
function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/)?.[1] ?? "";
}
