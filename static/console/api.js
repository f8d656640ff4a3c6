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

/** Calls the API; returns the JSON it answers, or null. Throws `ApiError`, or an abort. */
export async function call(path, { method = "GET", signal } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let status, text;
  try {
    const response = await fetch(url(path), { method, headers, signal });
    status = response.status;
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  return result(status, text);
}

/** Uploads a form, telling `onProgress` how much is sent (0..1). */
export function upload(path, form, { onProgress, signal }) {
  // fetch() cannot tell how much of a body is sent.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      try {
        resolve(result(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url(path));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.send(form);
  });
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
