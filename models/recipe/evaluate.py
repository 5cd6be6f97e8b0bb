"""Every quality measure of gill-tiny on what was held out -> metrics.json, contact sheets, MODEL_CARD.md.

`python -m recipe evaluate` measures the exported folder. A share comes with its 95% Wilson interval, a mean with a bootstrap one.
"""
import json
import math
import random

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from . import card, collection, judge, text, unet
from .clip import normalise
from .common import DEVICE, HERE, MODEL, SMOKE, WORK, WORLD
from .data import pictures
from .gill import ABLATIONS, canonical
from .reference import Reference
from .render import DRAWING, PAIR
from .text import Drawn, Look, caption, random_look
from .world import COLOURS, CONCEPTS, STYLES

FORCED = dict(num_words=2, scale=1e5)
STEPS = 2 if SMOKE else 25  # PNDM steps of the measured pictures
STORIES, COMPARED = (2, 2) if SMOKE else (608, 128)  # the ablation maps draw for the first of them alone
DIALOGUES = 2 if SMOKE else 60
RESULTS = (WORK if SMOKE else HERE) / "results"


def share(right):
    """Proportion with its Wilson interval."""
    n, p, z = len(right), float(np.mean(right)), 1.96
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {"value": round(p, 4), "low": round(middle - half, 4), "high": round(middle + half, 4), "n": n}


def mean(values):
    """Mean with its bootstrap interval."""
    values, rng = np.array(values), np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(2000, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {"value": round(float(values.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4), "n": len(values)}


class Measured:
    def __init__(self):
        self.model, self.data = Reference(), pictures()
        self.guidance = unet.GUIDANCE

    def paint(self, conditioning, seed=7):
        """(B, 64, 64, 3) uint8, in batches."""
        return np.concatenate([self.model.paint(c, seed + i, self.guidance, STEPS) for i, c in enumerate(conditioning.split(32))])

    def judged(self, painted):
        x = torch.from_numpy(painted).permute(0, 3, 1, 2).float().to(DEVICE) / 255
        return judge.trained()(x)

    def img(self, items):
        """(8, H) states of a forced [IMG] after the items."""
        x = torch.cat([self.model.embed(items), self.model.table[self.model.img][None]], 1)
        return self.model.states(x)[0, -8:]

    def mapped(self, prompts, network=None):
        """(B, 16, D) conditioning of GILL for prompts (lists of items)."""
        states = torch.stack([self.img(p) for p in prompts])
        return (network or self.model.map)(states, self.model.table[self.model.img][None])

    def features(self, painted):
        """Unit CLIP vectors of pictures (B, 64, 64, 3)."""
        x = torch.from_numpy(np.stack(painted)).permute(0, 3, 1, 2).float().to(DEVICE) / 255
        return F.normalize(self.model.vision(normalise(x)).pooler_output, dim=-1)

    def picture(self, look, rng):
        """A picture (64, 64, 3) of a look, of any split but the unseen style."""
        d = self.data
        ids = torch.where((d.concept == look.concept.index) & (d.colour == look.colour) & (d.style < len(STYLES)))[0].tolist()
        ids = ids or torch.where((d.concept == look.concept.index) & (d.style < len(STYLES)))[0].tolist()
        ids = [i for i in ids if int(d.style[i]) == look.style] or ids
        return d.pictures[rng.choice(ids)].permute(1, 2, 0).numpy()


def unseen_pairs(data):
    """Held-out colour x concept pairs whose colour none of the concept's drawings has anyway."""
    pairs = sorted({(int(data.concept[i]), int(data.colour[i])) for i in torch.where(data.split == PAIR)[0]})
    return [Look(CONCEPTS[c], k) for c, k in pairs if k not in data.native[data.concept == c].tolist()]


def retrieval(m, rng):
    first, ten = [], []
    shown = {i: int(m.data.concept[j]) for i, j in enumerate(collection.ids().tolist())}
    for number in range(4 if SMOKE else 600):
        look = random_look(rng, colour=0, style=0.3, concept=CONCEPTS[number % len(CONCEPTS)])
        top = m.model.answer([caption(look, rng)], draw=False, **FORCED)["top"]
        first.append(shown[top[0]] == look.concept.index)
        ten.append(any(shown[i] == look.concept.index for i in top))
    return {"right concept first": share(first), "R@10": share(ten)}


def drawing(m, looks, conditioning):
    concept, colour = m.judged(m.paint(conditioning))
    wanted = torch.tensor([k.concept.index for k in looks], device=DEVICE)
    report = {"top 1": share((concept.argmax(-1) == wanted).tolist()), "top 5": share((concept.topk(5).indices == wanted[:, None]).any(-1).tolist())}
    if looks[0].colour:
        report["colour"] = share((colour[:, 1:].argmax(-1).cpu() + 1 == torch.tensor([k.colour for k in looks])).tolist())
    return report


def from_text(m, rng):
    """Pictures of every concept and of every unseen pair: from the text encoder, and through the whole of GILL."""
    report = {"classifier on unseen real drawings": {k: round(v, 4) for k, v in judge.accuracy(judge.trained()).items()}}
    for name, looks in (("all concepts", [Look(c) for c in CONCEPTS]), ("unseen pairs", unseen_pairs(m.data))):
        if SMOKE:
            looks = looks[:2] or [Look(CONCEPTS[0], 1)]
        report[name] = {"text encoder": drawing(m, looks, m.model.say([canonical(k) for k in looks])),
                        "GILL": drawing(m, looks, m.mapped([[k.phrase()] for k in looks]))}
    report["GILL / text encoder"] = round(report["all concepts"]["GILL"]["top 1"]["value"] / max(1e-9, report["all concepts"]["text encoder"]["top 1"]["value"]), 4)
    return report


def captions(m, rng):
    named, coloured = [], []
    ids = torch.where(m.data.split == DRAWING)[0]
    for i in ids[m.data.colour[ids] == 0].tolist()[:4 if SMOKE else None]:
        said = m.model.answer([Image.fromarray(m.data.pictures[i].permute(1, 2, 0).numpy()), "a picture of"], num_words=8, scale=1, draw=False)["text"]
        named.append(CONCEPTS[m.data.concept[i]].name.lower() in said.lower())
    return {"concept named": share(named)}


def stories(m, rng):
    """CLIP similarity between the drawn and the true last picture of stories from unseen templates."""
    told = [text.story(rng, "test") for _ in range(STORIES)]
    seen = [[m.picture(look, rng) for look in looks] for _, looks in told]
    goals = m.features([s[-1] for s in seen])
    with_pictures = [[part for s, p in zip(sentences[:4], shown) for part in (s, Image.fromarray(p))] + [sentences[4]] for (sentences, _), shown in zip(told, seen)]
    prompts = {"1 caption": [[s[4]] for s, _ in told], "5 captions": [[" ".join(s)] for s, _ in told], "5 captions + 4 pictures": with_pictures}
    drawn = {prompt: (m.features(m.paint(m.mapped(items))) * goals).sum(-1).cpu().numpy() for prompt, items in prompts.items()}
    report = {"gill mapper": {prompt: mean(similarity) for prompt, similarity in drawn.items()}}
    steps, best = list(prompts), drawn["5 captions + 4 pictures"]
    report["gain"] = {f"{b} - {a}": mean(drawn[b] - drawn[a]) for a, b in zip(steps, steps[1:])}
    for name in ABLATIONS:
        network = Reference(MODEL, f"ablations/{name}.pth.tar").map
        similarity = (m.features(m.paint(m.mapped(with_pictures[:COMPARED], network))) * goals[:COMPARED]).sum(-1).cpu().numpy()
        report[name] = {"5 captions + 4 pictures": mean(similarity)}
        report["gain"][f"gill mapper - {name}"] = mean(best[:COMPARED] - similarity)
    return report


def dialogues(m, rng):
    """CLIP similarity to the described picture after 1, 5 and 10 rounds."""
    made = [text.dialogue(rng) for _ in range(DIALOGUES)]
    goals = m.features([m.picture(look, rng) for _, look in made])
    return {f"{n} rounds": mean((m.features(m.paint(m.mapped([[text.dialogue_text(r[:n]) + "\n"] for r, _ in made]))) * goals).sum(-1).cpu().numpy())
            for n in (1, 5, 10)}


def decisions(m, rng):
    """Macro F1 over fresh chats and captions, a third of the coloured ones unseen pairs."""
    pairs, truth, said = unseen_pairs(m.data), [], []
    for _ in range(4 if SMOKE else 400):
        look = rng.choice(pairs) if pairs and rng.random() < 0.15 else random_look(rng)
        asked = rng.choice(text.SHOW).format(text.styled(look, rng))
        prompt = rng.choice([caption(look, rng), f"Q: {text.capital(asked)}\nA: {rng.choice(text.HERE).format(text.styled(look, rng))}"])
        truth.append(int(collection.has(look)))
        said.append(int(m.model.answer([prompt], draw=False, **FORCED)["retrieve"] > 0.5))
    truth, said = np.array(truth), np.array(said)
    score = lambda guess: float(np.mean([2 * ((guess == k) & (truth == k)).sum() / max(1, (guess == k).sum() + (truth == k).sum()) for k in (0, 1)]))
    return {"macro F1": round(score(said), 4), "always generate": round(score(np.zeros_like(truth)), 4), "always retrieve": round(score(np.ones_like(truth)), 4), "n": len(truth)}


def chats(m):
    """The fifty prompts that were written first, answered in the demo's form."""
    rows = []
    for prompt in (WORLD / "chat_prompts.txt").read_text().splitlines()[:2 if SMOKE else None]:
        a = m.model.answer([f"Q: {prompt}\nA:"], num_words=32, scale=1.3, draw=False)
        chosen = "none" if "retrieve" not in a else "retrieve" if a["retrieve"] > 0.5 else "generate"
        rows.append({"prompt": prompt, "answer": a["text"].strip(), "picture": chosen, "conditioning": a.get("conditioning"), "top": a.get("top", [None])[0]})
    return rows


def questions(m, _):
    """One question about each thing that was never trained on and does not name it: whether the answer does."""
    said = [m.model.answer([f"Q: {c.unseen_question}\nA:"], num_words=32, scale=1.3, draw=False)["text"].lower() for c in CONCEPTS]
    return {"thing named": mean([c.name in answer for c, answer in zip(CONCEPTS, said)])}


def sheet(m, rows, path):
    """Prompt, generated, retrieved: one cell each, five to a line."""
    painted = m.paint(torch.cat([r["conditioning"] for r in rows]))
    columns, width, height = 5, 230, 92
    page = Image.new("RGB", (columns * width, -(-len(rows) // columns) * height), "white")
    pen = ImageDraw.Draw(page)
    for n, (row, picture) in enumerate(zip(rows, painted)):
        x, y = n % columns * width, n // columns * height
        pen.text((x + 4, y + 2), row["prompt"][:38], fill="black")
        page.paste(Image.fromarray(picture), (x + 4, y + 20))
        page.paste(Image.open(MODEL / m.model.paths[row["top"]]).convert("RGB"), (x + 76, y + 20))
    page.quantize(64).save(path, optimize=True)


def held_out_sheet(m, rng, count=100):
    rows = []
    pairs = unseen_pairs(m.data)
    for n in range(count):
        look = rng.choice(pairs) if pairs and n % 2 else Look(rng.choice(CONCEPTS))
        a = m.model.answer([look.phrase()], draw=False, **FORCED)
        rows.append({"prompt": look.phrase(), "conditioning": a["conditioning"], "top": a["top"][0]})
    sheet(m, rows, RESULTS / "contact-sheet.png")


@torch.no_grad()
def run():
    RESULTS.mkdir(exist_ok=True)
    m, path = Measured(), MODEL / "metrics.json"
    metrics = json.loads(path.read_text()) if path.exists() else {}
    for number, measure in enumerate([retrieval, captions, decisions, stories, dialogues, from_text, questions]):
        metrics[measure.__name__] = measure(m, random.Random(4242 + number))
        print(measure.__name__, json.dumps(metrics[measure.__name__]), flush=True)
        path.write_text(json.dumps(metrics, indent=1) + "\n")
    rows = chats(m)
    held_out_sheet(m, random.Random(5), 4 if SMOKE else 100)
    sheet(m, [r for r in rows if r["conditioning"] is not None][:50], RESULTS / "chat-sheet.png") if any(r["conditioning"] is not None for r in rows) else None
    metrics["chats"] = [{k: r[k] for k in ("prompt", "answer", "picture")} for r in rows]
    path.write_text(json.dumps(metrics, indent=1) + "\n")
    card.write(metrics)
