// Talks to the chat's /v1 routes with OpenAI's own client library. Arguments: address, PNG file.
import OpenAI, { APIError } from "openai";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";

const [address, file] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}v1`, apiKey: "none", maxRetries: 0 });
const picture = `data:image/png;base64,${readFileSync(file).toString("base64")}`;
const messages = [{ role: "user", content: [{ type: "image_url", image_url: { url: picture } }, { type: "text", text: "What is this?" }] }];

const models = await client.models.list();
assert.equal(models.data[0].id, "gill");

const whole = await client.chat.completions.create({ model: "gill", messages, max_tokens: 8 });
const { content } = whole.choices[0].message;
assert.ok(typeof content === "string" || content.every((part) => part.type === "text" || part.image_url.url.startsWith("data:image/png")));

let text = "";
let finish = null;
const pictures = [];
for await (const chunk of await client.chat.completions.create({ model: "gill", messages, max_tokens: 8, stream: true })) {
  const [choice] = chunk.choices;
  text += choice.delta.content ?? "";
  pictures.push(...(choice.delta.images ?? []));
  finish = choice.finish_reason ?? finish;
}
assert.ok(["stop", "length"].includes(finish));
assert.ok(text.length > 0);

const shown = await client.chat.completions.create({ model: "gill", messages: [{ role: "user", content: "Show me a dog." }], max_tokens: 8, image_frequency: 100000, steps: 2 });
const answered = shown.choices[0].message;
assert.equal(typeof answered.content, "string");
const image = answered.images.find((part) => part.type === "image_url");
assert.ok(image.image_url.url.startsWith("data:image/png;base64,iVBOR"));

const drawn = await client.images.generate({ model: "gill", prompt: "a red apple", n: 2, steps: 2, response_format: "b64_json" });
assert.equal(drawn.data.length, 2);
assert.equal(Buffer.from(drawn.data[0].b64_json, "base64").subarray(1, 4).toString(), "PNG");

await assert.rejects(
  client.chat.completions.create({ model: "gill", messages: [] }),
  (error) => error instanceof APIError && error.status === 400 && error.code === "bad_request",
);
console.log("openai client: models, chat, stream, pictures and errors are as it expects");
