// The settings panel: ranges and defaults of the original's demo, and how pictures are drawn.

const FIELDS = [
  { name: "imageFrequency", label: "Frequency of pictures", type: "range", min: 0, max: 3, step: 0.1, value: 1.3, hint: "Higher makes pictures more likely." },
  { name: "words", label: "Maximum words", type: "range", min: 1, max: 64, step: 1, value: 32 },
  { name: "temperature", label: "Temperature", type: "range", min: 0, max: 1, step: 0.05, value: 0, hint: "0 always gives the same words; above it they are drawn with top-p 0.95." },
  { name: "decision", label: "Pictures come from", type: "select", value: "auto", options: { auto: "the model decides", generate: "always new", retrieve: "always the collection", both: "both" } },
  { name: "pictures", label: "Drawings to choose from", type: "range", min: 1, max: 4, step: 1, value: 1 },
  { name: "steps", label: "Denoising steps", type: "range", min: 1, max: 100, step: 1, value: 50 },
  { name: "guidance", label: "Guidance", type: "range", min: 0, max: 15, step: 0.5, value: 7.5 },
  { name: "scheduler", label: "Sampler", type: "select", value: "", options: { "": "the model's own", pndm: "PNDM", ddim: "DDIM", dpmpp_2m: "DPM++ 2M", dpmpp_2m_karras: "DPM++ 2M Karras", euler: "Euler", euler_a: "Euler ancestral", lms: "LMS" } },
  { name: "strength", label: "Strength of refinement", type: "range", min: 0.05, max: 1, step: 0.05, value: 0.6, hint: "How far a picture may change when it is refined." },
  { name: "negativePrompt", label: "Not in the picture", type: "text", value: "" },
  { name: "seed", label: "Seed", type: "number", min: 0, max: 2147483647, step: 1, value: "", hint: "Empty draws a new one for every message." },
];
const STORE = "gill.settings";

export class Settings {
  constructor(form) {
    this.form = form;
    for (const field of FIELDS) form.append(this.#control(field));
    this.apply(JSON.parse(localStorage.getItem(STORE) ?? "{}"));
    form.addEventListener("input", () => { this.#show(); this.#store(); });
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  #control(field) {
    const label = document.createElement("label");
    label.append(field.label);
    let input;
    if (field.type === "select") {
      input = document.createElement("select");
      for (const [value, text] of Object.entries(field.options)) input.append(new Option(text, value));
    } else {
      input = document.createElement("input");
      input.type = field.type;
      for (const key of ["min", "max", "step"]) if (key in field) input[key] = field[key];
    }
    input.name = field.name;
    if (field.type === "range") label.append(document.createElement("output"));
    label.append(input);
    if (field.hint) {
      const hint = document.createElement("small");
      hint.textContent = field.hint;
      label.append(hint);
    }
    return label;
  }

  // A default that the model knows better.
  suggest(name, value) {
    const field = FIELDS.find((one) => one.name === name);
    const input = this.form.elements[name];
    if (Number(input.value) === field.value) input.value = value;
    field.value = value;
    this.#show();
  }

  #show() {
    for (const input of this.form.elements) {
      const output = input.parentElement.querySelector("output");
      if (output) output.textContent = input.value;
    }
  }

  #store() {
    localStorage.setItem(STORE, JSON.stringify(this.values()));
  }

  values() {
    const values = {};
    for (const field of FIELDS) {
      const value = this.form.elements[field.name].value;
      if (value === "" && field.name === "seed") continue;
      values[field.name] = field.type === "range" || field.type === "number" ? Number(value) : value;
    }
    return values;
  }

  apply(values) {
    for (const field of FIELDS) this.form.elements[field.name].value = values[field.name] ?? field.value;
    this.#show();
    this.#store();
  }
}
