"""Twenty requests with the answers of `reference.py`, for a parity test of other implementations -> parity.json, parity/*.png."""
import json

import torch
from PIL import Image

from .common import MODEL, SMOKE
from .reference import Reference
from .unet import GUIDANCE

FORCED = {"numWords": 2, "genScaleFactor": 1e5}
CHAT = {"numWords": 32, "genScaleFactor": 1.3}


def requests(folder):
    """(name, items, settings); an item is a text or the path of a picture inside the model folder."""
    some = sorted(p.name for p in (folder / "candidates").iterdir())
    picture = lambda share: "candidates/" + some[int(share * (len(some) - 1))]
    for n, text in enumerate(["a fox", "a blue guitar", "a pizza in flat style", "a purple cat", "a glossy drawing of a red car"]):
        yield f"forced-{n}", [text], FORCED
    for n, text in enumerate(["What does a shark look like?", "Can you show me a blue guitar?", "What can I wear when it is cold?",
                              "What is the difference between a lion and a tiger?", "I am thirsty. What could I drink?", "Draw me a pizza, please."]):
        yield f"chat-{n}", [f"Q: {text}\nA:"], CHAT
    yield "history", ["Q: Show me a dog.\nA: Here is a dog. [IMG0][IMG1][IMG2][IMG3][IMG4][IMG5][IMG6][IMG7]\n", "Q: Can you make it green?\nA:"], CHAT
    for n, share in enumerate((0.1, 0.6)):
        yield f"caption-{n}", [picture(share), "a picture of"], {"numWords": 8, "genScaleFactor": 1}
    yield "picture-question", [picture(0.3), "Q: What is this?\nA:"], CHAT
    yield "picture-recolour", [picture(0.45), "Q: Please make it purple.\nA:"], CHAT
    yield "story-text", ["Once there was a yellow owl. It lived far away. One day it met a rabbit. They became good friends. Everybody loved it."], FORCED
    yield "story-pictures", ["Look at this.", picture(0.2), "It belongs to Mia.", picture(0.2), "Tom has only", picture(0.8), "Tom would rather have it."], FORCED
    yield "two-pictures", [picture(0.15), picture(0.75), "a drawing of"], FORCED
    yield "words-only", ["A lion is"], {"numWords": 12, "genScaleFactor": 1}


@torch.no_grad()
def run():
    model, rows = Reference(), []
    (MODEL / "parity").mkdir(exist_ok=True)
    for number, (name, items, settings) in enumerate(requests(MODEL)):
        parts = [Image.open(MODEL / i).convert("RGB") if i.endswith(".png") else i for i in items]
        seed = 1000 + number
        a = model.answer(parts, settings["numWords"], settings["genScaleFactor"], seed, guidance=GUIDANCE, steps=2 if SMOKE else 50)
        row = {"name": name, "request": {"items": [{"image": i} if i.endswith(".png") else {"text": i} for i in items], **settings, "seed": seed,
                                         "steps": 50, "guidance": GUIDANCE, "scheduler": "pndm", "decision": "both"},
               "tokens": a["tokens"], "text": a["text"]}
        if "top" in a:
            row |= {"decision": "retrieve" if a["retrieve"] > 0.5 else "generate", "retrieve": round(a["retrieve"], 5), "top": a["top"],
                    "scores": a["scores"], "conditioning_norm": round(a["conditioning"].norm().item(), 4), "picture": f"parity/{name}.png"}
            Image.fromarray(a["picture"]).save(MODEL / row["picture"])
        rows.append(row)
    (MODEL / "parity.json").write_text(json.dumps({"device": "cpu", "dtype": "fp32", "prompts": rows}, indent=1) + "\n")
