// Draws the conversation and keeps it up to date as events arrive.

const STATES = {
  stopped: "Stopped. The model does not remember this answer.",
  running: "Thinking…",
};

export class ConversationView {
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
    this.exchanges = [];
    this.drawing = new Map();
  }

  reset(exchanges) {
    this.exchanges = exchanges;
    this.drawing.clear();
    this.list.replaceChildren(...exchanges.map((exchange) => this.#exchange(exchange)));
  }

  /** Replaces an exchange, or adds it at the end. */
  put(exchange) {
    const element = this.#exchange(exchange);
    const before = this.list.children[exchange.number];
    this.exchanges[exchange.number] = exchange;
    if (before) {
      const focused = before.contains(document.activeElement) ? document.activeElement.dataset.action : null;
      before.replaceWith(element);
      if (focused) element.querySelector(`[data-action="${focused}"]`)?.focus();
    } else {
      this.list.append(element);
    }
  }

  #change(number, change) {
    const exchange = this.exchanges[number];
    if (!exchange) return;
    change(exchange);
    this.put(exchange);
  }

  position({ exchange, position }) { this.#change(exchange, (e) => { e.position = position; }); }
  started({ exchange }) { this.#change(exchange, (e) => { e.state = "running"; e.position = undefined; }); }

  token({ exchange, text }) {
    const shown = this.exchanges[exchange];
    if (!shown) return;
    shown.streamed += text;
    const words = this.list.children[exchange]?.querySelector(".streaming");
    if (words) words.textContent = shown.streamed.trim();
    else this.put(shown);
  }

  decision(event) {
    this.drawing.set(key(event.exchange, event.part), { ...event });
    this.#change(event.exchange, () => {});
  }

  step(event) {
    const id = key(event.exchange, event.part);
    const before = this.drawing.get(id) ?? {};
    const now = { ...before, ...event, preview: event.preview ?? before.preview };
    this.drawing.set(id, now);
    const figure = this.list.children[event.exchange]?.querySelector(`[data-drawing="${event.part}"]`);
    if (figure && !figure.hidden) showProgress(figure, now);
    else this.#change(event.exchange, () => {});
  }

  part({ exchange, part, result }) {
    this.drawing.delete(key(exchange, part));
    this.#change(exchange, (e) => { e.parts[part] = result; e.streamed = ""; });
  }

  ended(exchange) {
    for (const id of this.drawing.keys()) if (id.startsWith(`${exchange.number}/`)) this.drawing.delete(id);
    this.put(exchange);
  }

  /** The pictures of the conversation, newest first, each once. */
  pictures() {
    const names = [];
    for (const exchange of this.exchanges) {
      names.push(...exchange.question.pictures);
      for (const part of exchange.parts) for (const c of part.candidates ?? []) if (c.picture) names.push(c.picture);
    }
    return [...new Set(names.reverse())];
  }

  #exchange(exchange) {
    const item = element("li", "exchange");
    item.append(this.#question(exchange), this.#answer(exchange));
    return item;
  }

  #question({ question }) {
    const box = element("div", "question");
    box.append(element("span", "unseen", "You asked:"));
    const names = question.refine ? [...question.pictures, question.refine] : question.pictures;
    if (names.length) {
      const pictures = element("div", "pictures");
      names.forEach((name, i) => pictures.append(image(this.actions.pictureUrl(name), name === question.refine ? "The picture to refine" : `Your picture ${i + 1}`)));
      box.append(pictures);
    }
    box.append(element("div", "words", question.text));
    return box;
  }

  #answer(exchange) {
    const box = element("div", "answer");
    box.append(element("span", "unseen", "GILL answered:"));
    exchange.parts.forEach((part, index) => {
      const busy = exchange.redrawing === index;
      if (part.type === "text") box.append(element("div", "words", part.text.trim()));
      else if (busy) box.append(this.#progress(exchange, index));
      else box.append(this.#picture(exchange, part, index));
    });
    const next = key(exchange.number, exchange.parts.length);
    if (exchange.state === "running" && this.drawing.has(next)) box.append(this.#progress(exchange, exchange.parts.length));
    else if (exchange.streamed) {
      const words = element("div", exchange.state === "running" ? "words streaming" : "words", exchange.streamed.trim());
      box.append(words);
    }
    const text = exchange.problem?.message ?? stateText(exchange);
    if (text) box.append(element("p", exchange.problem ? "state problem" : "state", text));
    if (exchange.number === this.exchanges.length - 1 || exchange.number >= this.exchanges.length) {
      if (["stopped", "failed"].includes(exchange.state)) {
        const actions = element("div", "actions");
        actions.append(button("Ask again", "again", () => this.actions.again(exchange)));
        box.append(actions);
      }
    }
    return box;
  }

  #progress(exchange, index) {
    const figure = element("figure", "picture");
    figure.dataset.drawing = index;
    const frame = element("div", "frame");
    const preview = image("", "The picture as it stands");
    preview.className = "preview";
    preview.hidden = true;
    frame.append(preview, element("div", "veil", ""));
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", "Drawing");
    const caption = element("figcaption", "caption");
    caption.append(element("div", "steps", ""));
    figure.append(frame, bar, caption);
    showProgress(figure, this.drawing.get(key(exchange.number, index)) ?? {});
    return figure;
  }

  #picture(exchange, part, index) {
    const figure = element("figure", "picture");
    const candidates = part.candidates ?? [];
    const choice = part.choice ?? 0;
    const shown = candidates[choice];
    const frame = element("div", "frame");
    figure.append(frame);
    if (!shown) frame.append(element("div", "veil", "There is no picture to show: this model has neither a collection nor an image generator."));
    else if (shown.flagged && !shown.picture) frame.append(element("div", "veil", "This picture was withheld by the safety checker. Try another seed, or other words."));
    else {
      const words = exchange.parts.filter((p) => p.type === "text").map((p) => p.text.trim()).join(" ");
      const picture = image(this.actions.candidateUrl(exchange.number, index, choice), `${shown.kind} picture. ${words || exchange.question.text}`);
      picture.addEventListener("error", () => frame.replaceChildren(element("div", "veil", "This picture cannot be fetched any more. Leaf on to the next one.")));
      frame.append(picture);
    }
    const caption = element("figcaption", "caption");
    caption.append(this.#labels(exchange, part, index, shown, choice, candidates));
    if (part.probabilities) caption.append(scale(part));
    caption.append(this.#pictureActions(exchange, part, index, shown, candidates));
    if (shown?.settings) caption.append(this.#recipe(shown));
    else if (shown?.path) caption.append(element("div", "seed", shown.path.split("/").pop()));
    figure.append(caption);
    return figure;
  }

  #labels(exchange, part, index, shown, choice, candidates) {
    const labels = element("div", "labels");
    if (shown) labels.append(element("span", `label ${shown.kind}`, shown.kind));
    if (part.decision === "forced") labels.append(element("span", "", "as you asked"));
    if (candidates.length > 1) {
      const leaf = element("span", "leaf");
      const go = (by) => () => this.actions.choose(exchange.number, index, (choice + by + candidates.length) % candidates.length);
      const previous = button("‹", `previous-${index}`, go(-1));
      previous.setAttribute("aria-label", "Previous candidate");
      const next = button("›", `next-${index}`, go(1));
      next.setAttribute("aria-label", "Next candidate");
      const count = element("span", "", `${choice + 1} of ${candidates.length}`);
      leaf.append(previous, count, next);
      labels.append(leaf);
    }
    return labels;
  }

  #pictureActions(exchange, part, index, shown, candidates) {
    const actions = element("div", "actions");
    const other = shown?.kind === "generated" ? "retrieved" : "generated";
    const known = candidates.findIndex((c) => c.kind === other && (c.picture || c.kind === "retrieved"));
    const add = (label, name, act) => actions.append(button(label, `${name}-${index}`, act));
    if (part.redrawable || known >= 0) {
      add(other === "generated" ? "Show me the generated one" : "Find one instead", "other", () => known >= 0
        ? this.actions.choose(exchange.number, index, known)
        : this.actions.redraw(exchange.number, index, { decision: other === "generated" ? "generate" : "retrieve" }));
    }
    if (part.redrawable && shown?.kind === "generated") add("Another seed", "seed", () => this.actions.redraw(exchange.number, index, { decision: "generate" }));
    if (part.redrawable && shown?.picture) add("Refine", "refine", () => this.actions.redraw(exchange.number, index, { decision: "generate", strength: this.actions.strength() }, shown.picture));
    if (shown?.picture) add("Talk about it", "refer", () => this.actions.refer(shown.picture));
    return actions;
  }

  #recipe(shown) {
    const { seed, steps, guidance, scheduler } = shown.settings;
    const line = element("div", "seed", `seed ${seed} · ${steps} steps · guidance ${guidance ?? "of the model"} · ${scheduler || "sampler of the model"} `);
    line.append(button("use these", "use", () => this.actions.useSettings(shown.settings)));
    return line;
  }
}

const key = (exchange, part) => `${exchange}/${part}`;

function stateText(exchange) {
  if (exchange.position > 0) return exchange.position === 1 ? "The model is busy: one request is ahead of yours." : `The model is busy: ${exchange.position} requests are ahead of yours.`;
  if (exchange.state === "waiting") return "Waiting for the model…";
  if (exchange.state === "running" && (exchange.streamed || exchange.parts.length)) return "";
  if (exchange.state === "done" && exchange.parts.length === 0) return "The model had nothing to say.";
  return STATES[exchange.state] ?? "";
}

function showProgress(figure, { decision, step, steps, secondsLeft, preview }) {
  const bar = figure.querySelector("progress");
  const picture = figure.querySelector("img");
  const veil = figure.querySelector(".veil");
  if (steps) { bar.max = steps; bar.value = step; } else bar.removeAttribute("value");
  if (preview) { picture.src = preview; picture.hidden = false; veil.hidden = true; }
  const searching = decision === "retrieve" || decision === "same";
  veil.textContent = searching ? "Looking through the collection…" : "A new picture is on its way…";
  const left = secondsLeft === undefined ? "" : secondsLeft < 1 ? " · nearly there" : ` · ${Math.ceil(secondsLeft)} s left`;
  figure.querySelector(".steps").textContent = steps ? `Step ${step} of ${steps}${left}` : veil.textContent;
}

function scale({ probabilities: { generate, retrieve } }) {
  const row = element("div", "scale");
  const meter = document.createElement("meter");
  meter.min = 0;
  meter.max = 1;
  meter.value = generate;
  meter.setAttribute("aria-label", `The model would rather draw (${percent(generate)}) or find (${percent(retrieve)})`);
  row.append(`draw ${percent(generate)}`, meter, `find ${percent(retrieve)}`);
  return row;
}

const percent = (x) => `${Math.round(100 * x)} %`;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function image(url, alt) {
  const made = new Image();
  if (url) made.src = url;
  made.alt = alt;
  return made;
}

function button(label, action, act) {
  const made = element("button", "", label);
  made.type = "button";
  made.dataset.action = action;
  made.addEventListener("click", act);
  return made;
}
