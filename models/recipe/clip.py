"""Stage 5: CLIP, both towers; a picture and its caption find each other, helped by naming concept, colour and style."""
import random

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPConfig, CLIPModel

from . import tokens
from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .data import distort, pictures
from .muon import inner
from .sketches import Sketches
from .text import Look, caption
from .world import COLOURS, CONCEPTS, STYLES

STEPS, BATCH, SKETCHED, WARP = (3 if SMOKE else 1100), 144, 48, 0.08
LAYERS = 4  # of the vision tower; `decide.py` adds two
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073], device=DEVICE)[:, None, None]
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711], device=DEVICE)[:, None, None]


def config(layers=LAYERS):
    ends = dict(bos_token_id=tokens.clip_size() - 2, eos_token_id=tokens.clip_size() - 1, pad_token_id=1)
    return CLIPConfig(
        text_config=dict(vocab_size=tokens.clip_size(), hidden_size=128, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
                         max_position_embeddings=tokens.LENGTH, projection_dim=128, **ends),
        vision_config=dict(hidden_size=192, intermediate_size=768, num_hidden_layers=layers, num_attention_heads=4, image_size=64, patch_size=8, projection_dim=128),
        projection_dim=128)


class Named(nn.Module):
    """CLIP with throw-away heads that name what both towers see."""

    def __init__(self):
        super().__init__()
        self.clip = CLIPModel(config())
        sizes = [len(CONCEPTS), len(COLOURS), len(STYLES)]
        self.vision_heads = nn.ModuleList(nn.Linear(192, n) for n in sizes)
        self.text_heads = nn.ModuleList(nn.Linear(128, n) for n in sizes[:2])


def normalise(x):
    return (x - MEAN) / STD


def captions(data, ids, rng, style=0.35):
    """A caption of each picture, with its style word at times."""
    return [caption(Look(CONCEPTS[data.concept[i]], int(data.colour[i]), int(data.style[i]) if rng.random() < style else None), rng) for i in ids]


def captions_of(concepts, colours, rng):
    return [caption(Look(CONCEPTS[c], int(k)), rng) for c, k in zip(concepts, colours)]


def contrast(logit_scale, image, text, said):
    """InfoNCE both ways of unit vectors (B, 128) each; pictures with the same words are no negatives of each other."""
    scores = logit_scale.exp().clamp(max=50) * image @ text.T
    words = torch.tensor([said.index(s) for s in said], device=DEVICE)
    same = words[:, None] == words
    scores = scores.masked_fill(same & ~torch.eye(len(said), dtype=torch.bool, device=DEVICE), -1e4)
    target = torch.arange(len(said), device=DEVICE)
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def run(steps=STEPS, minutes=None):
    torch.manual_seed(3)
    model, data, sketches = Named().to(DEVICE), pictures(), Sketches()
    if (WORK / "clip_final.pt").exists():  # a restored one; a checkpoint of this stage comes before it
        model.clip = trained(LAYERS).requires_grad_(True)

    def loss_of(step):
        ids, rng = data.sample(BATCH), random.Random(step)
        ink, concept, colour = sketches.sample(SKETCHED)
        said = captions(data, ids, rng) + captions_of(concept, colour, rng)
        x = normalise(distort(torch.cat([data.batch(ids), ink.to(DEVICE)]), warp=WARP))
        with autocast():
            seen = model.clip.vision_model(x).pooler_output
            read = model.clip.text_model(tokens.clip_ids(said)).pooler_output
            image = F.normalize(model.clip.visual_projection(seen).float(), dim=-1)
            text = F.normalize(model.clip.text_projection(read).float(), dim=-1)
        contrasted = contrast(model.clip.logit_scale, image, text, said)
        styles = torch.cat([data.style[ids], torch.full((SKETCHED,), -100)])  # sketches have none
        wanted = [y.to(DEVICE) for y in (torch.cat([data.concept[ids], concept]), torch.cat([data.colour[ids], colour]), styles)]
        named = sum(F.cross_entropy(head(seen.float()), y, label_smoothing=0.05) for head, y in zip(model.vision_heads, wanted))
        named = named + sum(F.cross_entropy(head(read.float()), y) for head, y in zip(model.text_heads, wanted))
        if step % 250 == 249:
            report(model.clip.vision_model, model.vision_heads, data)
        return contrasted + 0.5 * named, {"contrast": contrasted, "concept": (model.vision_heads[0](seen.float()).argmax(-1) == wanted[0]).float().mean()}

    train("clip", model, loss_of, steps, lr=1e-3, decay=0.05, warmup=100, minutes=minutes, muon=inner)
    save(WORK / "clip_final.pt", model.clip.state_dict())
    (WORK / "pooled.pt").unlink(missing_ok=True)
    report(model.clip.vision_model, model.vision_heads, data)


@torch.no_grad()
def report(vision, heads, data):
    for split, name in ((1, "unseen drawings"), (2, "unseen pairs"), (3, "unseen style")):
        ids = torch.where(data.split == split)[0][::3]
        seen = torch.cat([vision(normalise(data.batch(i))).pooler_output for i in ids.split(256)])
        right = [(head(seen).argmax(-1).cpu() == y[ids]).float().mean().item() for head, y in zip(heads, (data.concept, data.colour))]
        print(f"clip, {name}: concept {right[0]:.3f}, colour {right[1]:.3f}", flush=True)


def trained(layers=None):
    """CLIP; `layers`: with no more than the vision tower's first ones."""
    state = load(WORK / "clip_final.pt")
    model = CLIPModel(config(sum("vision_model" in key and key.endswith("mlp.fc1.weight") for key in state))).to(DEVICE)
    model.load_state_dict(state)
    model.vision_model.encoder.layers = model.vision_model.encoder.layers[:layers]
    return model.eval().requires_grad_(False)


@torch.no_grad()
def pooled(data, distorted=5):
    """(1 + distorted, N, V) vision states of every picture as it is, then of those that are trained on as distorted at random; computed once."""
    path = WORK / "pooled.pt"
    if not path.exists():
        torch.manual_seed(10)
        vision = trained().vision_model
        see = lambda ids, change: torch.cat([vision(normalise(change(data.batch(i)))).pooler_output for i in ids.split(256)])
        views = see(torch.arange(len(data.pictures)), lambda x: x).repeat(1 + distorted, 1, 1)
        for view in views[1:]:
            view[data.train] = see(data.train, lambda x: distort(x, warp=WARP / 2))
        save(path, views)
    return load(path)
