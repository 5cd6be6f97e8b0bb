"""Stage 5c: CLIP's vision tower decides: its fourth layer learns again, with a fifth one, to say clearly what the tower holds likeliest.

A drawing by an unknown hand leaves the tower in doubt, its state lies between those of several things, and a language model that
reads such a state through a linear layer says none of their names. What the tower itself would answer (Sight's heads) is taken as
settled here, right or wrong, also for pictures that are off by what tells two drawings of another thing apart, and the state moves
to where pictures of that thing, colour and style lie.
"""
import copy
import random

import torch
import torch.nn.functional as F
from torch import nn
from transformers.models.clip.modeling_clip import CLIPEncoderLayer

from . import clip, lm, text
from .clipart import Clipart
from .common import DEVICE, SMOKE, WORK, Ema, autocast, load, save, train
from .data import distort, pick, pictures, turn_hues
from .others import Others
from .sight import Sight, read_aloud
from .sketches import Sketches
from .text import Look
from .world import COLOURS, CONCEPTS, STYLES

STEPS, VIEWS, BATCH, READ, OFF, OWN = (3 if SMOKE else 600), (1 if SMOKE else 3), 176, 48, 1.2, 0.2
KEPT = clip.LAYERS - 1  # of the vision tower's layers
SKETCH, PIECE = len(STYLES), len(STYLES) + 1  # the styles of those


class Seen:
    """States (N, 65, 192) before the fourth layer, of distorted pictures, and concept and style (N,) of each; the first `drawn` are the sets' pictures."""

    def __init__(self, vision, data):
        sketches, clipart = Sketches(), Clipart()
        states, self.concept, self.style, below = [], [], [], vision.encoder.layers[:KEPT]

        def see(x, concept, style):
            with torch.no_grad(), autocast():
                h = vision.pre_layrnorm(vision.embeddings(clip.normalise(distort(x.to(DEVICE), warp=clip.WARP))))
                for layer in below:
                    h = layer(h, None)
            states.append(h.half())
            self.concept.append(concept)
            self.style.append(style)

        for ids in data.train.repeat(VIEWS).split(256):
            see(data.batch(ids), data.concept[ids], data.style[ids])
        self.drawn = len(data.train) * VIEWS
        for _ in range(1 if SMOKE else 32 * VIEWS):
            ink, concept, _ = sketches.sample(128)
            see(ink, concept, torch.full((128,), SKETCH))
            piece, concept = clipart.sample(96)
            see(turn_hues(piece, 0.5), concept, torch.full((96,), PIECE))
        self.states, self.concept, self.style = torch.cat(states), torch.cat(self.concept), torch.cat(self.style)
        order = self.concept[:self.drawn].argsort()
        self.of_concept = order.split(torch.bincount(self.concept[:self.drawn], minlength=len(CONCEPTS)).tolist())

    def off(self, count):
        """(count, 65, 192): what tells two drawings of a thing apart."""
        of = [self.of_concept[c] for c in torch.randint(len(CONCEPTS), (count,)).tolist()]
        one, other = (self.states[torch.cat([pick(ids, 1) for ids in of])].float() for _ in range(2))
        return one - other


class Deciding(nn.Module):
    """The last two layers and what reads their class token."""

    def __init__(self, sight, config):
        super().__init__()
        self.layers = nn.ModuleList([copy.deepcopy(sight.vision.encoder.layers[KEPT]), CLIPEncoderLayer(config)])
        for last in (self.layers[1].self_attn.out_proj, self.layers[1].mlp.fc2):  # it begins by changing nothing
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        self.post_layernorm, self.reader = copy.deepcopy(sight.vision.post_layernorm), copy.deepcopy(sight.reader)

    def forward(self, h):
        for layer in self.layers:
            h = layer(h, None)
        return self.post_layernorm(h[:, 0])


def parts(states, kinds, ridge=1.0):
    """Least squares of states (N, V) as the sum of a row for each of their `kinds`, a list of (N,) indices with their sizes: one table for each."""
    rows = torch.cat([F.one_hot(k, n) for k, n in kinds], 1).float()
    table = torch.linalg.solve(rows.T @ rows + ridge * torch.eye(rows.shape[1]), rows.T @ states.cpu())
    return [t.to(DEVICE) for t in table.split([n for _, n in kinds])]


def run(steps=STEPS, minutes=None):
    torch.manual_seed(14)
    model, words, data = clip.trained(clip.LAYERS), lm.trained(), pictures()
    sight = Sight(model, Others().count).to(DEVICE)
    sight.load_state_dict(load(WORK / "sight.pt")["ema"])
    sight.eval().requires_grad_(False)
    seen = Seen(sight.vision, data)

    @torch.no_grad()
    def doubting(h):
        """(B, V) the tower's states as they were, and the (B,) concepts, colours and styles that its heads name."""
        f = sight.vision.post_layernorm(sight.vision.encoder.layers[KEPT](h, None)[:, 0])
        return f, *(head(f).argmax(-1).cpu() for head in sight.heads[:3])

    known = [doubting(h.float()) for h in seen.states.split(512)]
    states, colour = torch.cat([k[0] for k in known]), torch.cat([k[2] for k in known])
    tables = parts(states, [(seen.concept, len(CONCEPTS)), (colour, len(COLOURS)), (seen.style, PIECE + 1)])
    spread = states.std(0)
    deciding = Deciding(sight, model.config.vision_config).to(DEVICE).requires_grad_(True)

    def loss_of(step):
        rng = random.Random(step)
        ids = torch.cat([pick(torch.arange(seen.drawn), BATCH // 2), pick(torch.arange(seen.drawn, len(seen.states)), BATCH // 2)])
        h = seen.states[ids].float() + OFF * torch.rand(BATCH, 1, 1, device=DEVICE) * seen.off(BATCH)
        f, concept, colour, style = doubting(h)
        style = torch.where(seen.style[ids] < SKETCH, style, seen.style[ids])
        target = sum(table[k] for table, k in zip(tables, (concept, colour, style))).lerp(f, OWN)
        with autocast():
            decided = deciding(h).float()
            chosen = rng.sample(range(BATCH), READ)
            said = [text.aloud(rng, Look(CONCEPTS[concept[i]], int(colour[i]))) for i in chosen]
            captioned = read_aloud(words, deciding.reader, decided[chosen], said)
        moved = ((decided - target) / spread).pow(2).mean()
        return moved + 0.1 * captioned, {"moved": moved, "captioned": captioned}

    train("decide", deciding, loss_of, steps, lr=5e-4, decay=0.01, warmup=30, minutes=minutes, ema=Ema(deciding, 0.99), muon=lambda name: True)
    vision = model.vision_model
    vision.encoder.layers = nn.ModuleList([*vision.encoder.layers[:KEPT], *deciding.layers])
    vision.post_layernorm = deciding.post_layernorm
    save(WORK / "clip_final.pt", model.state_dict())
    save(WORK / "prefix_final.pt", deciding.reader.state_dict())
    (WORK / "pooled.pt").unlink(missing_ok=True)
    clip.report(model.vision_model, sight.heads, data)
