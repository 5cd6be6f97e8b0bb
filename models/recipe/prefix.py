"""Stage 7a: the visual prefix alone: pictures by all hands become words that the frozen language model reads.

It begins as the reader that `sight.py` trained with the vision tower, which a language model that has learnt further understands less well.
"""
import random

import torch

from . import clip, gill, text, tokens
from .common import SMOKE, WORK, load, save, train
from .hands import Hands
from .render import DRAWING, STYLE, TRAIN
from .text import Look
from .world import CONCEPTS

STEPS, SETTLING, BATCH, AS_UNSEEN = (3 if SMOKE else 700), (3 if SMOKE else 400), 96, 0.3
HANDS = (64, 60, 68, 64, 0)  # drawings, sketches, clip art, drawings restyled, other things


class Aloud:
    """Documents of a picture by any hand and what is said of it."""

    def __init__(self, frozen, count=256 if SMOKE else 12_800):
        hands, seen, looks = Hands(), [], []
        while len(looks) < count:
            x, _, concept, colour, _ = hands.sample(*HANDS)
            with torch.no_grad():
                seen.append(frozen.vision(clip.normalise(x)).pooler_output)
            looks += [Look(CONCEPTS[c], max(0, int(k))) for c, k in zip(concept, colour)]
        self.frozen, self.seen, self.looks = frozen, torch.cat(seen), looks

    def document(self, rng):
        if rng.random() < AS_UNSEEN:
            look = text.random_look(rng, style=0.35)
            picture = self.frozen.as_unseen(look, rng)
        else:
            i = rng.randrange(len(self.looks))
            look, picture = self.looks[i], self.seen[i]
        return [picture, text.aloud(rng, look)]

    def loss(self, model, step, count=BATCH):
        rng = random.Random(700_001 + step)
        return gill.loss_of_documents(self.frozen, model, [self.document(rng) for _ in range(count)], rng)


def run(steps=STEPS, minutes=None):
    torch.manual_seed(12)
    frozen = gill.Frozen()
    model, aloud = gill.build(frozen).requires_grad_(False), Aloud(frozen)
    model.visual_embeddings.load_state_dict(load(WORK / "reader_final.pt"))
    reader = model.visual_embeddings.requires_grad_(True)
    train("prefix", reader, lambda step: aloud.loss(model, step), steps, lr=5e-4, warmup=20, decay=0.0, minutes=minutes, muon=lambda name: True)
    save(WORK / "prefix_final.pt", reader.state_dict())
    for split, name in ((TRAIN, "known drawings"), (DRAWING, "unseen drawings"), (STYLE, "unseen style")):
        print(f"prefix, {name}: {named(frozen, model, split):.3f} named", flush=True)


def settle(frozen, model):
    """The prefix once more, with everything else as it is: half of the way back to where it began (WiSE-FT: Wortsman et al., 2022), then on
    stories, chats and captions of pictures by all hands together, then a little back again."""
    reader, aloud = model.requires_grad_(False).visual_embeddings.requires_grad_(True), Aloud(frozen)
    began = load(WORK / "prefix_final.pt")

    @torch.no_grad()
    def go_back(share):
        for name, before in began.items():
            reader.get_parameter(name).lerp_(before, share)

    def loss_of(step):
        rng = random.Random(99_000 + step)
        make = (text.tale, text.tale, text.chat)[step % 3]
        captions, _ = aloud.loss(model, step, 64)
        _, asked = gill.loss_of_documents(frozen, model, [make(rng) for _ in range(24)], rng)
        return 3 * captions + asked["ce"] + asked.get("generation", 0), {"captions": captions.detach(), **asked}

    go_back(0.5)
    train("settle", reader, loss_of, SETTLING, lr=5e-4, warmup=20, decay=0.0, muon=lambda name: True)
    go_back(0.3)
    (WORK / "settle.pt").unlink(missing_ok=True)  # it belongs to this round's [IMG] rows


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
