// Talks to the server; every failure becomes an Error whose message is for people.

export class ApiError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function call(method, path, body) {
  let response;
  try {
    const json = body !== undefined && !(body instanceof FormData);
    response = await fetch(path, {
      method,
      headers: json ? { "Content-Type": "application/json" } : {},
      body: json ? JSON.stringify(body) : body,
    });
  } catch {
    throw new ApiError("offline", "The server does not answer. Is it still running?");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = answer.error ?? {};
    throw new ApiError(error.code ?? "failed", error.message ?? `The server said ${response.status}.`);
  }
  return answer;
}

export const status = () => call("GET", "/api/status");
export const create = () => call("POST", "/api/conversations");
export const importFile = (file) => call("POST", "/api/conversations/import", file);
export const examples = () => call("GET", "/examples.json");

/** One conversation on the server. */
export class Conversation {
  constructor(id) {
    this.id = id;
    this.path = `/api/conversations/${id}`;
  }

  view() { return call("GET", this.path); }
  undo() { return call("POST", `${this.path}/undo`); }
  reset() { return call("POST", `${this.path}/reset`); }
  stop() { return call("POST", `${this.path}/stop`); }
  export() { return call("GET", `${this.path}/export`); }

  /** Sends words, remembered pictures by name and new ones as files. */
  send(text, settings, attachments) {
    const form = new FormData();
    const pictures = attachments.filter((a) => a.picture && !a.refine).map((a) => ({ picture: a.picture }));
    const refine = attachments.find((a) => a.refine)?.picture;
    form.append("message", JSON.stringify({ text, settings, pictures, refine }));
    attachments.filter((a) => a.file).forEach((a) => form.append("picture", a.file, "picture"));
    return call("POST", `${this.path}/messages`, form);
  }

  part(exchange, part) { return `${this.path}/exchanges/${exchange}/parts/${part}`; }
  redraw(exchange, part, settings, refine) { return call("POST", `${this.part(exchange, part)}/redraw`, { settings, refine }); }
  choose(exchange, part, candidate) { return call("POST", `${this.part(exchange, part)}/choice`, { candidate }); }
  candidate(exchange, part, candidate) { return `${this.part(exchange, part)}/candidates/${candidate}`; }
  picture(name) { return `${this.path}/pictures/${name}`; }

  /** Listens; the first event is a snapshot, also after every reconnection. */
  listen(handlers) {
    const source = new EventSource(`${this.path}/events`);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.data !== undefined) handle(JSON.parse(event.data));
        else handle(source);
      });
    }
    return source;
  }
}
