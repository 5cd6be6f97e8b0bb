"""Stage 7a: the visual prefix alone: pictures and sketches become words that the frozen language model reads.

It begins as the reader that `sight.py` trained with the vision tower; captions train it further, and where an earlier model's `[IMG]` rows
and GILLMapper are there to ask for pictures, so do the documents of `gill.py`, in which a picture also stands between sentences.
"""
import random

import torch

from . import clip, gill, text, tokens
from .common import DEVICE, SMOKE, WORK, load, save, train
from .data import distort
from .render import DRAWING, STYLE, TRAIN
from .sketches import Sketches
from .text import Look
from .world import CONCEPTS

STEPS, BATCH, SKETCHED = (3 if SMOKE else 600), 96, 0.25


@torch.no_grad()
def sketched(frozen, count=6000):
    """(count, V) vision states of distorted sketches in random inks, and their looks."""
    sketches, seen, looks = Sketches(), [], []
    while len(looks) < count:
        ink, concept, colour = sketches.sample(250)
        seen.append(frozen.vision(clip.normalise(distort(ink.to(DEVICE), warp=clip.WARP))).pooler_output)
        looks += [Look(CONCEPTS[c], int(k)) for c, k in zip(concept, colour)]
    return torch.cat(seen), looks


def run(steps=STEPS, minutes=None):
    torch.manual_seed(12)
    frozen = gill.Frozen()
    model = gill.build(frozen)
    asking = gill.keep(model)
    seen, looks = sketched(frozen, 250 if SMOKE else 6000)
    model.visual_embeddings.load_state_dict(load(WORK / "reader_final.pt"))

    def document(rng):
        if rng.random() < SKETCHED:
            i = rng.randrange(len(looks))
            return [seen[i], text.caption(looks[i], rng)]
        look = text.random_look(rng, style=0.35)
        picture = frozen.as_unseen(look, rng)
        return [picture, text.aloud(rng, look)]

    def loss_of(step):
        rng = random.Random(700_001 + step)
        loss, shown = gill.loss_of_documents(frozen, model, [document(rng) for _ in range(BATCH)], rng)
        if asking:
            _, asked = gill.loss_of_documents(frozen, model, *gill.documents(step))
            return loss + asked["ce"] + asked.get("generation", 0), {**shown, "documents": asked["ce"]}
        return loss, shown

    reader = model.requires_grad_(False).visual_embeddings.requires_grad_(True)
    train("prefix", reader, loss_of, steps, lr=1e-3, warmup=20, decay=0.0, minutes=minutes, muon=lambda name: True)
    save(WORK / "prefix_final.pt", reader.state_dict())
    for split, name in ((TRAIN, "known drawings"), (DRAWING, "unseen drawings"), (STYLE, "unseen style")):
        print(f"prefix, {name}: {named(frozen, model, split):.3f} named", flush=True)


@torch.no_grad()
def named(frozen, model, split, words=8):
    """The share of a split's drawings whose greedy caption names the thing."""
    data, right = frozen.data, []
    ids = torch.where((data.split == split) & (data.colour == 0))[0][::2]
    x = torch.cat([model.visual_embeddings(frozen.pooled[ids]).view(len(ids), gill.VISUAL_TOKENS, -1),
                   frozen.table[[tokens.BOS, *tokens.encode("a picture of")]][None].expand(len(ids), -1, -1)], 1)
    said = []
    for _ in range(words):
        said.append((frozen.states(x)[:, -1] @ frozen.table.T).argmax(-1))
        x = torch.cat([x, frozen.table[said[-1]][:, None]], 1)
    for i, row in zip(ids.tolist(), torch.stack(said, 1).tolist()):
        right.append(CONCEPTS[data.concept[i]].name.lower() in tokens.decode(row).lower())
    return sum(right) / max(1, len(right))
