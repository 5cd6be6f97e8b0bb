// Joins the parts: one conversation on the server, its view, the message box and the settings.

import * as api from "/api.js";
import { Composer } from "/composer.js";
import { ConversationView } from "/conversation.js";
import { Settings } from "/settings.js";
import { snapshot } from "/snapshot.js";

const $ = (id) => document.getElementById(id);
const STORE = "gill.conversation";
const limits = { uploadBytes: 16 << 20 };
let conversation = null;
let events = null;
let busy = false;
let script = [];

const settings = new Settings($("settings-form"));
const view = new ConversationView($("conversation"), {
  pictureUrl: (name) => conversation.picture(name),
  candidateUrl: (exchange, part, candidate) => conversation.candidate(exchange, part, candidate),
  choose: (...choice) => attempt(() => conversation.choose(...choice)),
  redraw: (exchange, part, wishes, refine) => attempt(() => conversation.redraw(exchange, part, { ...drawingSettings(), ...wishes }, refine)),
  refer: (picture) => composer.refer(picture, conversation.picture(picture)),
  strength: () => settings.values().strength,
  useSettings: (used) => { settings.apply(used); openSettings(true); say("The settings of this picture are in the panel now."); },
  again: (exchange) => attempt(async () => {
    const { question } = exchange;
    await conversation.undo();
    const pictures = question.pictures.map((picture) => ({ picture }));
    if (question.refine) pictures.push({ picture: question.refine, refine: true });
    await conversation.send(question.text, settings.values(), pictures);
  }),
});
const composer = new Composer({ limits, onSend: send, onProblem: notify });

function drawingSettings() {
  const { pictures, steps, guidance, scheduler, negativePrompt } = settings.values();
  return { pictures, steps, guidance, scheduler, negativePrompt };
}

/** Does something and tells about its failure. */
async function attempt(action) {
  try {
    hideNotice();
    return (await action()) ?? true;
  } catch (error) {
    if (error.code === "not_found" && /conversation is not here/.test(error.message)) await startNew();
    notify(error.message);
    return false;
  }
}

function notify(message) {
  const close = Object.assign(document.createElement("button"), { textContent: "×", type: "button" });
  close.setAttribute("aria-label", "Close this message");
  close.addEventListener("click", hideNotice);
  $("notice").replaceChildren(Object.assign(document.createElement("span"), { textContent: message }), close);
  $("notice").hidden = false;
}

function hideNotice() { $("notice").hidden = true; }
function say(message) { $("announcer").textContent = message; }

async function send(text, attachments) {
  if (busy) {
    notify("An answer is on its way. Stop it, or wait for it.");
    return false;
  }
  const sent = await attempt(() => conversation.send(text, settings.values(), attachments));
  return Boolean(sent);
}

function refresh() {
  const any = view.exchanges.length > 0;
  $("welcome").hidden = any;
  $("undo").disabled = !any || busy;
  $("reset").disabled = !any || busy;
  $("send").hidden = busy;
  $("stop").hidden = !busy;
  document.body.dataset.busy = busy;
  $("remembered").replaceChildren(...view.pictures().map((name, i) => {
    const pick = document.createElement("button");
    pick.type = "button";
    pick.title = "Click to talk about it, Shift+click to refine it";
    const image = new Image();
    image.src = conversation.picture(name);
    image.alt = `Remembered picture ${i + 1}`;
    pick.append(image);
    pick.addEventListener("click", (event) => composer.refer(name, image.src, event.shiftKey));
    return pick;
  }));
}

function follow() {
  const end = document.documentElement.scrollHeight - innerHeight - scrollY;
  if (end < 320) requestAnimationFrame(() => scrollTo({ top: document.documentElement.scrollHeight }));
}

function listen(id) {
  events?.close();
  conversation = new api.Conversation(id);
  localStorage.setItem(STORE, id);
  const show = (name) => (event) => { view[name](event); follow(); };
  const end = (words) => ({ result }) => {
    busy = false;
    view.ended(result);
    refresh();
    follow();
    say(words ?? result.parts.map((p) => p.type === "text" ? p.text : `A ${p.candidates?.[p.choice ?? 0]?.kind ?? ""} picture.`).join(" "));
    if (!words && script.length) send(script.shift(), []);
  };
  events = conversation.listen({
    conversation: (snapshot) => { busy = snapshot.busy; view.reset(snapshot.exchanges); refresh(); follow(); },
    queued: ({ result }) => { busy = true; view.put(result); refresh(); scrollTo({ top: document.documentElement.scrollHeight, behavior: "smooth" }); },
    position: show("position"),
    started: show("started"),
    token: show("token"),
    decision: show("decision"),
    step: show("step"),
    part: (event) => { view.part(event); refresh(); follow(); },
    finished: end(),
    stopped: end("Stopped."),
    failed: (event) => { script = []; end("The answer failed.")(event); },
    error: async () => {
      // The browser connects again by itself, unless the conversation is gone.
      if (events.readyState === EventSource.CLOSED) await attempt(() => conversation.view());
    },
  });
}

async function startNew() {
  const { id, exchanges } = await api.create();
  listen(id);
  view.reset(exchanges);
  busy = false;
  refresh();
}

async function start() {
  Object.assign(limits, await api.status());
  settings.suggest("guidance", limits.guidance);
  const known = localStorage.getItem(STORE);
  try {
    if (!known) throw new Error("none");
    await new api.Conversation(known).view();
    listen(known);
  } catch {
    await startNew();
  }
}

async function showExamples() {
  for (const example of await api.examples()) {
    const item = document.createElement("li");
    const pick = document.createElement("button");
    pick.append(Object.assign(document.createElement("strong"), { textContent: example.title }), Object.assign(document.createElement("span"), { textContent: `“${example.turns[0]}”` }));
    pick.addEventListener("click", () => {
      script = example.turns.slice(1);
      if (!example.needsPicture) return send(example.turns[0], []);
      script = [];
      composer.fill(example.turns[0]);
      notify("Add a picture of your own first: drop it anywhere, paste it, or use the button.");
      $("attach").focus();
    });
    item.append(pick);
    $("examples").append(item);
  }
}

function openSettings(open) {
  $("settings").hidden = !open;
  $("settings-toggle").setAttribute("aria-expanded", open);
  localStorage.setItem("gill.panel", open ? "open" : "");
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const stop = () => { script = []; return attempt(() => conversation.stop()); };
const undo = () => attempt(() => conversation.undo());
$("stop").addEventListener("click", stop);
$("undo").addEventListener("click", undo);
$("reset").addEventListener("click", () => { if (confirm("Forget this whole conversation?")) attempt(() => conversation.reset()); });
$("new").addEventListener("click", () => attempt(startNew));
$("save-png").addEventListener("click", () => attempt(async () => {
  const urls = { picture: (name) => conversation.picture(name), candidate: (...place) => conversation.candidate(...place) };
  download(await snapshot(view.exchanges, urls, matchMedia("(prefers-color-scheme: dark)").matches), "conversation.png");
}));
$("export").addEventListener("click", () => attempt(async () => {
  download(new Blob([JSON.stringify(await conversation.export())], { type: "application/json" }), "conversation.gill.json");
}));
$("import").addEventListener("click", () => $("import-file").click());
$("import-file").addEventListener("change", () => attempt(async () => {
  const file = $("import-file").files[0];
  $("import-file").value = "";
  let kept;
  try { kept = JSON.parse(await file.text()); } catch { throw new Error(`“${file.name}” is not a saved conversation.`); }
  listen((await api.importFile(kept)).id);
}));
$("more").addEventListener("click", (event) => { if (event.target.closest(".menu-items")) $("more").open = false; });
document.addEventListener("click", (event) => { if (!event.target.closest("#more")) $("more").open = false; });
$("settings-toggle").addEventListener("click", () => openSettings($("settings").hidden));
$("settings-close").addEventListener("click", () => { openSettings(false); $("settings-toggle").focus(); });
$("defaults").addEventListener("click", () => settings.apply({}));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && busy) stop();
  else if (event.key === "Escape") { $("more").open = false; hideNotice(); }
  if (event.key.toLowerCase() === "z" && event.shiftKey && (event.ctrlKey || event.metaKey) && !busy) { event.preventDefault(); undo(); }
});

openSettings(localStorage.getItem("gill.panel") === "open" && innerWidth > 990);
attempt(start);
showExamples();
