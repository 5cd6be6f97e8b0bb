"""Stage 5b: CLIP's vision tower alone, against the text tower as it is (LiT: Zhai et al., 2022), with drawings of other things beside.

Half of the patches are left out of every picture (FLIP: Li et al., 2023) for most of the time: it is faster, and no part may be all that names a thing.
"""
import random

import torch
import torch.nn.functional as F
from torch import nn

from . import clip
from .common import DEVICE, SMOKE, WORK, autocast, save, train
from .data import distort, pictures
from .others import Others
from .sketches import Sketches
from .world import COLOURS, CONCEPTS, STYLES

STEPS, BATCH, SKETCHED, OTHERS, KEPT = (3 if SMOKE else 1150), 96, 40, 72, 0.5


class Sight(nn.Module):
    """The vision tower and its projection, with throw-away heads that name concept, colour, style and other things."""

    def __init__(self, model, things):
        super().__init__()
        self.vision, self.projection, self.logit_scale = model.vision_model, model.visual_projection, model.logit_scale
        self.heads = nn.ModuleList(nn.Linear(192, n) for n in (len(CONCEPTS), len(COLOURS), len(STYLES), things))

    def forward(self, x, kept=1.0):
        """(B, 3, 64, 64) -> (B, 192) pooled states; `kept`: the share of the patches that are looked at."""
        h = self.vision.embeddings(x)
        if kept < 1:
            patches = h[:, 1:]
            chosen = torch.rand(patches.shape[:2], device=h.device).topk(round(kept * patches.shape[1]), 1).indices
            h = torch.cat([h[:, :1], patches.gather(1, chosen[..., None].expand(-1, -1, h.shape[2]))], 1)
        return self.vision.post_layernorm(self.vision.encoder(inputs_embeds=self.vision.pre_layrnorm(h)).last_hidden_state[:, 0])


def run(steps=STEPS, minutes=None):
    torch.manual_seed(13)
    model, data, sketches, others = clip.trained(), pictures(), Sketches(), Others()
    sight = Sight(model, others.count).to(DEVICE).requires_grad_(True)

    def read(said):
        with torch.no_grad():
            return F.normalize(model.text_projection(model.text_model(clip.tokens.clip_ids(said)).pooler_output).float(), dim=-1)

    def loss_of(step):
        ids, rng = data.sample(BATCH), random.Random(step)
        ink, concept, colour = sketches.sample(SKETCHED)
        other, thing = others.sample(OTHERS)
        said = clip.captions(data, ids, rng) + clip.captions_of(concept, colour, rng)
        x = clip.normalise(distort(torch.cat([data.batch(ids), ink.to(DEVICE), other.to(DEVICE)]), warp=clip.WARP))
        with autocast():
            seen = sight(x, KEPT if step < 0.85 * steps else 1.0).float()
            image = F.normalize(sight.projection(seen[:len(said)]).float(), dim=-1)
        contrast = clip.contrast(sight.logit_scale, image, read(said), said)
        known = seen[:len(said)]
        wanted = torch.cat([data.concept[ids], concept]), torch.cat([data.colour[ids], colour]), torch.cat([data.style[ids], torch.full((SKETCHED,), -100)])
        named = sum(F.cross_entropy(head(known), y.to(DEVICE), label_smoothing=0.05) for head, y in zip(sight.heads, wanted))
        named = named + F.cross_entropy(sight.heads[3](seen[len(said):]), thing.to(DEVICE), label_smoothing=0.05)
        if step % 250 == 249:
            clip.report(sight.vision, sight.heads, data)
        return contrast + 0.5 * named, {"contrast": contrast, "concept": (sight.heads[0](known).argmax(-1).cpu() == wanted[0]).float().mean(),
                                        "thing": (sight.heads[3](seen[len(said):]).argmax(-1).cpu() == thing).float().mean()}

    train("sight", sight, loss_of, steps, lr=1e-3, decay=0.05, warmup=100, minutes=minutes, muon=clip.inner)
    save(WORK / "clip_final.pt", model.state_dict())
    (WORK / "pooled.pt").unlink(missing_ok=True)
    clip.report(sight.vision, sight.heads, data)
