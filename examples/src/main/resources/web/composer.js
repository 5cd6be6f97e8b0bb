// The message box: words, pictures from files, drops, the clipboard and the conversation.

const TYPES = /^image\//;

export class Composer {
  constructor({ limits, onSend, onProblem }) {
    this.attachments = [];
    this.limits = limits;
    this.onSend = onSend;
    this.onProblem = onProblem;
    this.form = document.getElementById("composer");
    this.text = document.getElementById("text");
    this.list = document.getElementById("attachments");
    const files = document.getElementById("files");

    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.#send(); });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.#send(); }
    });
    this.text.addEventListener("input", () => this.#grow());
    document.getElementById("attach").addEventListener("click", () => files.click());
    files.addEventListener("change", () => { this.addFiles(files.files); files.value = ""; });
    document.addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])].filter((file) => TYPES.test(file.type));
      if (pasted.length) { event.preventDefault(); this.addFiles(pasted); }
    });
    this.#acceptDrops();
  }

  #acceptDrops() {
    const veil = document.getElementById("drop");
    let depth = 0;
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth++; veil.hidden = false; } });
    addEventListener("dragleave", (event) => { if (hasFiles(event) && --depth <= 0) { depth = 0; veil.hidden = true; } });
    addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
    addEventListener("drop", (event) => {
      depth = 0;
      veil.hidden = true;
      if (hasFiles(event)) { event.preventDefault(); this.addFiles(event.dataTransfer.files); }
    });
  }

  addFiles(files) {
    for (const file of files) {
      if (!TYPES.test(file.type)) this.onProblem(`“${file.name}” is not a picture. PNG, JPEG, GIF, BMP and WebP work.`);
      else if (file.size > this.limits.uploadBytes) this.onProblem(`“${file.name}” is too large: ${mega(file.size)} MB, and ${mega(this.limits.uploadBytes)} MB is the most.`);
      else this.#add({ file, url: URL.createObjectURL(file), name: file.name });
    }
    this.text.focus();
  }

  /** Adds a picture that the conversation remembers, to talk about or to refine. */
  refer(picture, url, refine = false) {
    if (refine) this.attachments = this.attachments.filter((a) => !a.refine);
    if (!this.attachments.some((a) => a.picture === picture && a.refine === refine)) this.#add({ picture, url, refine, name: "remembered picture" });
    this.text.focus();
  }

  #add(attachment) {
    this.attachments.push(attachment);
    this.#render();
  }

  #render() {
    this.list.replaceChildren(...this.attachments.map((attachment) => {
      const item = document.createElement("div");
      item.className = "attachment";
      const image = new Image();
      image.src = attachment.url;
      image.alt = attachment.name;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove ${attachment.name}`);
      remove.addEventListener("click", () => {
        this.attachments = this.attachments.filter((other) => other !== attachment);
        this.#render();
        this.text.focus();
      });
      item.append(image, remove);
      if (attachment.refine) item.append(Object.assign(document.createElement("span"), { textContent: "refine" }));
      return item;
    }));
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  fill(text) {
    this.text.value = text;
    this.#grow();
    this.text.focus();
  }

  async #send() {
    const text = this.text.value.trim();
    if (!text) {
      if (this.attachments.length) this.onProblem("Write a few words about the picture, for example “What is this?”");
      return;
    }
    const attachments = this.attachments;
    this.attachments = [];
    this.#render();
    this.fill("");
    if (!(await this.onSend(text, attachments))) {
      this.attachments = attachments;
      this.#render();
      this.fill(text);
    }
  }
}

const mega = (bytes) => (bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0);
