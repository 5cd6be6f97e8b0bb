// Draws the conversation on a canvas, so that it can be saved as one PNG.

const WIDTH = 900, MARGIN = 48, PICTURE = 320, LINE = 28;

export async function snapshot(exchanges, urls, dark) {
  const colours = dark
    ? { paper: "#161c1c", ink: "#e8ece8", soft: "#9fb0ac", mine: "#26393a" }
    : { paper: "#faf7f1", ink: "#23302f", soft: "#5d6b69", mine: "#e5efe9" };
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = font(19);
  const blocks = [];
  for (const exchange of exchanges) {
    const { question } = exchange;
    for (const name of question.pictures) blocks.push({ picture: await load(urls.picture(name)), mine: true });
    blocks.push({ lines: wrap(measure, question.text, WIDTH * 0.62), mine: true });
    for (const [index, part] of exchange.parts.entries()) {
      if (part.type === "text") blocks.push({ lines: wrap(measure, part.text.trim(), WIDTH - 2 * MARGIN) });
      else if (part.candidates?.[part.choice ?? 0]?.picture) blocks.push({ picture: await load(urls.candidate(exchange.number, index, part.choice ?? 0)), label: part.candidates[part.choice ?? 0].kind });
    }
  }
  for (const block of blocks) block.height = block.lines ? block.lines.length * LINE + (block.mine ? 46 : 24) : PICTURE + (block.label ? 56 : 24);
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = 2 * MARGIN + 40 + blocks.reduce((sum, block) => sum + block.height, 0);
  const pen = canvas.getContext("2d");
  pen.fillStyle = colours.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "top";
  pen.fillStyle = colours.soft;
  pen.font = font(16);
  pen.fillText("A conversation with GILL", MARGIN, MARGIN - 14);
  let y = MARGIN + 30;
  for (const block of blocks) {
    if (block.lines) drawWords(pen, block, y, colours);
    else drawPicture(pen, block, y, colours);
    y += block.height;
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

const font = (size) => `${size}px system-ui, "Noto Sans", "DejaVu Sans", sans-serif`;

function drawWords(pen, block, y, colours) {
  pen.font = font(19);
  let x = MARGIN;
  if (block.mine) {
    const width = Math.max(...block.lines.map((line) => pen.measureText(line).width)) + 36;
    x = WIDTH - MARGIN - width;
    pen.fillStyle = colours.mine;
    pen.beginPath();
    pen.roundRect(x, y, width, block.lines.length * LINE + 22, 18);
    pen.fill();
    x += 18;
  }
  pen.fillStyle = colours.ink;
  block.lines.forEach((line, i) => pen.fillText(line, x, y + (block.mine ? 13 : 2) + i * LINE));
}

function drawPicture(pen, block, y, colours) {
  const x = block.mine ? WIDTH - MARGIN - PICTURE : MARGIN;
  const { width, height } = block.picture;
  const scale = PICTURE / Math.max(width, height);
  pen.save();
  pen.beginPath();
  pen.roundRect(x, y, PICTURE, PICTURE, 18);
  pen.clip();
  pen.fillStyle = "#fff";
  pen.fillRect(x, y, PICTURE, PICTURE);
  pen.drawImage(block.picture, x + (PICTURE - width * scale) / 2, y + (PICTURE - height * scale) / 2, width * scale, height * scale);
  pen.restore();
  if (block.label) {
    pen.fillStyle = colours.soft;
    pen.font = font(15);
    pen.fillText(`(${block.label})`, x + 4, y + PICTURE + 8);
  }
}

async function load(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function wrap(pen, text, width) {
  const lines = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (line && pen.measureText(longer).width > width) { lines.push(line); line = word; } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}
