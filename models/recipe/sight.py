"""Stage 5c: CLIP's vision tower alone, against the text tower as it is (LiT: Zhai et al., 2022), with more hands and other things beside.

Every other time six in ten patches are left out of the pictures (FLIP: Li et al., 2023): no part may be all that names a thing.
Where there are teachers (`teachers.py`), it also learns what they make of the pictures, and of pictures laid over each other.
The frozen language model captions what is seen (CoCa: Yu et al., 2022) through one linear layer, with which the visual prefix begins: the tower,
not the prefix, is to turn a doubt between two things into one that the language model can read.
"""
import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from . import clip, lm, teachers, text, tokens
from .common import DEVICE, SMOKE, WORK, Ema, autocast, load, save, train
from .gill import VISUAL_TOKENS
from .hands import NOWHERE, Hands
from .text import Look
from .world import COLOURS, CONCEPTS, STYLES

STEPS, KEPT = (3 if SMOKE else 1150), 0.4
BATCH, RESTYLED, SKETCHED, CLIPPED, OTHERS, READ, MIXED = (n * (2 if DEVICE == "cuda" else 1) for n in (64, 48, 40, 48, 32, 56, 96))


class Sight(nn.Module):
    """The vision tower and its projection, with a reader for the language model and throw-away heads that name concept, colour, style and other things."""

    def __init__(self, model, things):
        super().__init__()
        self.vision, self.projection, self.logit_scale = model.vision_model, model.visual_projection, model.logit_scale
        self.heads = nn.ModuleList(nn.Linear(192, n) for n in (len(CONCEPTS), len(COLOURS), len(STYLES), things))
        self.reader = nn.Linear(192, VISUAL_TOKENS * 256)

    def forward(self, x, kept=1.0):
        """(B, 3, 64, 64) -> (B, 192) pooled states; `kept`: the share of the patches that are looked at."""
        h = self.vision.embeddings(x)
        if kept < 1:
            patches = h[:, 1:]
            chosen = torch.rand(patches.shape[:2], device=h.device).topk(round(kept * patches.shape[1]), 1).indices
            h = torch.cat([h[:, :1], patches.gather(1, chosen[..., None].expand(-1, -1, h.shape[2]))], 1)
        return self.vision.post_layernorm(self.vision.encoder(inputs_embeds=self.vision.pre_layrnorm(h)).last_hidden_state[:, 0])


def read_aloud(words, reader, seen, said):
    """Mean cross-entropy, under the language model `words`, of what is `said` after each of the pictures `seen` (B, 192) as `reader` puts them."""
    table = words.get_input_embeddings().weight[:tokens.vocabulary()]
    ids = pad_sequence([torch.tensor([tokens.BOS, *tokens.encode(s)]) for s in said], True, NOWHERE).to(DEVICE)
    x = torch.cat([reader(seen).unflatten(1, (VISUAL_TOKENS, -1)), table[ids.clamp(min=0)]], 1)
    states, following = words.model.decoder(inputs_embeds=x).last_hidden_state[:, VISUAL_TOKENS:-1], ids[:, 1:]
    return F.cross_entropy((states[following >= 0] @ table.T).float(), following[following >= 0])


def run(steps=STEPS, minutes=None):
    torch.manual_seed(13)
    model, words, hands = clip.trained(clip.LAYERS), lm.trained(), Hands()
    data, things = hands.data, hands.others.count
    sight = Sight(model, things).to(DEVICE).requires_grad_(True)
    taught = teachers.trained(len(CONCEPTS) + things)
    if (WORK / "reader_final.pt").exists():
        sight.reader.load_state_dict(load(WORK / "reader_final.pt"))

    def match(said):
        with torch.no_grad():
            return F.normalize(model.text_projection(model.text_model(tokens.clip_ids(said)).pooler_output).float(), dim=-1)

    def loss_of(step):
        rng = random.Random(step)
        x, ids, concept, colour, thing = hands.sample(BATCH, SKETCHED, CLIPPED, RESTYLED, OTHERS)
        style = torch.cat([data.style[ids], torch.full((len(concept) - BATCH,), NOWHERE)])
        looks = [Look(CONCEPTS[c], max(0, int(k))) for c, k in zip(concept, colour)]
        said = clip.captions(data, ids, rng) + [text.caption(look, rng) for look in looks[BATCH:]]
        if taught:  # and two pictures one over the other, which have no other name than the teachers'
            one, over = torch.randint(len(x), (2, MIXED))
            x = torch.cat([x, x[one].lerp(x[over], torch.rand(MIXED, 1, 1, 1, device=DEVICE) / 2)])
        with autocast():
            likely = taught and taught(x)
            seen = sight(clip.normalise(x), KEPT if step % 2 and step < 0.85 * steps else 1.0).float()
            known = seen[:len(said)]
            image = F.normalize(sight.projection(known).float(), dim=-1)
            chosen = rng.sample(range(len(said)), READ)
            captioned = read_aloud(words, sight.reader, known[chosen], [text.aloud(rng, looks[i]) for i in chosen])
        contrast = clip.contrast(sight.logit_scale, image, match(said), said)
        named = sum(F.cross_entropy(head(known), y.to(DEVICE), ignore_index=NOWHERE, label_smoothing=0.05)
                    for head, y in zip(sight.heads, (concept, colour, style)))
        named = named + F.cross_entropy(sight.heads[3](seen[len(said):len(said) + OTHERS]), thing.to(DEVICE), label_smoothing=0.05)
        if taught:
            named = named + 2 * F.cross_entropy(torch.cat([sight.heads[0](seen), sight.heads[3](seen)], 1), likely)
        if step % 250 == 249:
            clip.report(sight.vision, sight.heads, data)
        right = (sight.heads[0](known).argmax(-1).cpu() == concept).float()
        drawn, sketch, piece, restyled = (part.mean() for part in right.split([BATCH, SKETCHED, CLIPPED, RESTYLED]))
        return contrast + 0.5 * named + captioned, {"contrast": contrast, "captioned": captioned, "concept": drawn,
                                                    "sketch": sketch, "clipart": piece, "restyled": restyled}

    train("sight", sight, loss_of, steps, lr=5e-4, decay=0.05, warmup=100, minutes=minutes, ema=Ema(sight, 0.998),
          muon=lambda name: name.startswith("reader") or clip.inner(name))
    save(WORK / "clip_final.pt", model.state_dict())
    save(WORK / "reader_final.pt", sight.reader.state_dict())
    (WORK / "pooled.pt").unlink(missing_ok=True)
    clip.report(sight.vision, sight.heads, data)
