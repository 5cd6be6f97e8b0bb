"""Stage 7: GILL's own training on frozen parts: captioning, retrieval, generation.

B = documents, N = pictures asked for in them, H = width of the language model, D = width of the conditioning.
"""
import random

import torch
import torch.nn.functional as F
from torch import nn

from . import clip, lm, text, tokens, unet
from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .data import pick, pictures
from .text import Drawn, Given, Look, Shown
from .world import CONCEPTS, STYLES

STEPS = 3 if SMOKE else 1200
VISUAL_TOKENS, IMG_TOKENS, RETRIEVAL, WIDTH, ENCODER_WIDTH, HEADS = 4, 8, 128, 160, 96, 4
UNSEEN = 0.5  # how many of the given pictures are as unseen drawings might be
KIN = 0.15  # how much of the retrieval goal is a picture of the same thing in another colour
SIZES = [(text.captioned, 96), (text.tale, 32), (text.chat, 32), (text.tale, 32), (text.captioned, 96), (text.tale, 32), (text.chat, 32), (text.tale, 32),
         (text.guessing, 16), (text.facts, 48), (text.named, 96)]


class GillMapper(nn.Module):
    """(N, 8, H) states and embeddings -> (N, 16, D)."""

    def __init__(self, inside, outside):
        super().__init__()
        self.fc = nn.Linear(inside, WIDTH)
        self.tfm = nn.Transformer(WIDTH, HEADS, 4, 4, WIDTH * 4, 0.0, batch_first=True, norm_first=True)
        self.query_embs = nn.Parameter(torch.randn(1, tokens.LENGTH, WIDTH))
        self.model = nn.Linear(WIDTH, outside)

    def forward(self, x, e):
        h = self.fc(x + e)
        return self.model(self.tfm(h, self.query_embs.expand(len(h), -1, -1)))


class LinearMap(nn.Module):
    """One row of conditioning per state; `fit` fills the rest with zeros."""

    def __init__(self, inside, outside):
        super().__init__()
        self.model = nn.Linear(inside, outside)

    def forward(self, x, e):
        return fit(self.model(x))


class MlpMap(nn.Module):
    """Three layers with ReLU on each state."""

    def __init__(self, inside, outside):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(inside, WIDTH * 2), nn.ReLU(), nn.Linear(WIDTH * 2, WIDTH * 2), nn.ReLU(), nn.Linear(WIDTH * 2, outside))

    def forward(self, x, e):
        return fit(self.model(x))


class TransformerEncoderMap(nn.Module):
    """An encoder over the 8 states; each gives LENGTH / 8 consecutive rows of conditioning."""

    def __init__(self, inside, outside):
        super().__init__()
        layer = nn.TransformerEncoderLayer(ENCODER_WIDTH, HEADS, ENCODER_WIDTH * 4, 0.0, batch_first=True, norm_first=True)
        self.fc = nn.Linear(inside, ENCODER_WIDTH)
        self.tfm = nn.TransformerEncoder(layer, 4, nn.LayerNorm(ENCODER_WIDTH), enable_nested_tensor=False)
        self.model = nn.Linear(ENCODER_WIDTH, outside * tokens.LENGTH // IMG_TOKENS)
        self.outside = outside

    def forward(self, x, e):
        return self.model(self.tfm(self.fc(x + e))).reshape(len(x), -1, self.outside)


ABLATIONS = {"linear": LinearMap, "mlp": MlpMap, "transformer_encoder": TransformerEncoderMap}


def fit(rows):
    """Cuts or zero-pads (N, rows, D) to the conditioning's length."""
    return F.pad(rows[:, :tokens.LENGTH], (0, 0, 0, max(0, tokens.LENGTH - rows.shape[1])))


class Named(nn.Module):
    """Holds one module under the name that the official checkpoint uses."""

    def __init__(self, model):
        super().__init__()
        self.model = model


class Gill(nn.Module):
    """What is trained, under the official checkpoint's names, beside `maps`, the ablations."""

    def __init__(self, seen=192, hidden=256, conditioning=256):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(2.6592))
        self.visual_embeddings = nn.Linear(seen, VISUAL_TOKENS * hidden)
        self.visual_fc = nn.Linear(seen, RETRIEVAL)
        self.ret_text_hidden_fcs = nn.ModuleList([Named(nn.Linear(hidden, RETRIEVAL))])
        self.gen_text_hidden_fcs = nn.ModuleList([GillMapper(hidden, conditioning)])
        self.input_embeddings = nn.Embedding(IMG_TOKENS, hidden)
        self.maps = nn.ModuleDict({name: make(hidden, conditioning) for name, make in ABLATIONS.items()})

    def query(self, states):
        return F.normalize(self.ret_text_hidden_fcs[0].model(states[:, 0]), dim=-1)

    def key(self, pooled):
        return F.normalize(self.visual_fc(pooled), dim=-1)


class Frozen:
    """The frozen parts and the pictures as the vision tower sees them."""

    def __init__(self):
        self.lm, self.vision, self.painter, self.data = lm.trained(), clip.trained().vision_model, unet.trained(), pictures()
        self.table = self.lm.get_input_embeddings().weight[:tokens.vocabulary() + 1]  # with the row of <|image|>
        self.views = clip.pooled(self.data)  # (views, pictures, V): as they are, then distorted
        self.pooled = self.views[0]
        self.norm = self.table.norm(dim=-1).mean()
        self.of_concept = {c: self.data.train[self.data.concept[self.data.train] == c] for c in range(len(CONCEPTS))}
        drawn = lambda s: self.data.train[(self.data.style == s)[self.data.train]]
        self.of_style = torch.stack([self.pooled[drawn(s)].mean(0) if len(drawn(s)) else self.pooled.mean(0) for s in range(len(STYLES))])
        self.by_look = {}
        for i in self.data.train.tolist():
            self.by_look.setdefault((int(self.data.concept[i]), int(self.data.colour[i])), []).append(i)

    def picture(self, look, rng):
        """The index of a training picture of this look; where the world has none in that colour, of its concept."""
        ids = self.by_look.get((look.concept.index, look.colour)) or self.by_look.get((look.concept.index, 0)) or [0]
        styled = [i for i in ids if int(self.data.style[i]) == look.style]
        return rng.choice(styled or ids)

    def as_unseen(self, look, rng):
        """A vision state (V,) of this look as one more artist's drawing might give it.

        It lies between those of two drawings, for what they share is the name, and is off by what tells two drawings of another thing
        apart, for that is no part of it; what is common to a style is left as it is.
        """
        one, other = (self.views[rng.randrange(len(self.views)), self.picture(look, rng)] for _ in range(2))
        elsewhere = text.random_look(rng, style=0)
        this, that = (self.picture(elsewhere, rng) for _ in range(2))
        own = lambda i: self.pooled[i] - self.of_style[self.data.style[i]]
        return one.lerp(other, rng.random() / 2) + rng.random() * (own(this) - own(that))

    def embed(self, gill, parts, rng):
        """One document as (T, H) embeddings, (T,) labels (-100: none), positions of [IMG0], their looks and pictures."""
        rows, labels, at, wanted, first = [], [], [], [], True
        for part in parts:
            if isinstance(part, str):
                ids = [tokens.BOS] * first + tokens.encode(part)
                first = False
                rows.append(self.table[ids])
                labels += [-100] * len(ids) if isinstance(part, Given) else ids
            elif isinstance(part, Shown):
                view = rng.choice([0, *range(len(self.views))])
                pooled = self.as_unseen(part.look, rng) if rng.random() < UNSEEN else self.views[view, self.picture(part.look, rng)]
                rows.append(gill.visual_embeddings(pooled).view(VISUAL_TOKENS, -1))
                labels += [-100] * VISUAL_TOKENS
            elif isinstance(part, Drawn):
                at.append(len(labels))
                wanted.append((part.look, self.picture(part.look, rng)))
                rows.append(gill.input_embeddings.weight)
                labels += [tokens.image_ids()[0]] + [-100] * (IMG_TOKENS - 1)
            else:  # a picture's pooled vision state
                rows.append(gill.visual_embeddings(part).view(VISUAL_TOKENS, -1))
                labels += [-100] * VISUAL_TOKENS
        return torch.cat(rows), labels, at, wanted

    def states(self, embeddings):
        """(B, T, H) hidden states after the final LayerNorm."""
        return self.lm.model.decoder(inputs_embeds=embeddings).last_hidden_state

    def logits(self, gill, states):
        return states @ torch.cat([self.table, gill.input_embeddings.weight]).T


def canonical(look):
    """What the text encoder is asked for a look: the target of the generation loss."""
    return look.phrase() + (f" in {list(STYLES)[look.style]} style" if look.style is not None else "")


def documents(step):
    rng = random.Random(900_001 + step)
    make, count = SIZES[step % len(SIZES)]
    made = [make(rng) for _ in range(count)]
    if make is text.captioned:  # half of the captions are joined to another one, as in the paper
        made = [a + b for a, b in zip(made[::4], made[1::4])] + made[2::4] + made[3::4]
    return made, rng


def as_decoded(logits, factor=1.3):
    """The decoder takes |logit| · factor for [IMG0]: far below zero would mean "now", so that is trained, too."""
    first = tokens.image_ids()[0]
    return torch.cat([logits[..., :first], logits[..., first:first + 1].abs() * factor, logits[..., first + 1:]], -1)


def loss_of_documents(frozen, gill, made, rng):
    embedded = sorted((frozen.embed(gill, parts, rng) for parts in made), key=lambda e: len(e[1]))
    following, labels, img, asked = [], [], [], []
    for some in (embedded[:len(made) // 2], embedded[len(made) // 2:]):  # alike in length, so that little is padding
        longest = len(some[-1][1])
        with autocast():
            states = frozen.states(torch.stack([F.pad(e[0], (0, 0, 0, longest - len(e[0]))) for e in some]))
        wanted = torch.tensor([e[1][1:] + [-100] * (longest + 1 - len(e[1])) for e in some], device=DEVICE)
        following.append(states[wanted >= 0])
        labels.append(wanted[wanted >= 0])
        for b, (_, _, at, pictures) in enumerate(some):
            img += [states[b, t:t + IMG_TOKENS].float() for t in at]
            asked += pictures
    with autocast():
        logits = frozen.logits(gill, torch.cat(following)).float()
    labels = torch.cat(labels)
    ce = (F.cross_entropy(logits, labels) + F.cross_entropy(as_decoded(logits), labels)) / 2
    if not asked:
        return ce, {"ce": ce}
    with torch.no_grad():
        target = frozen.painter.read([canonical(look) for look, _ in asked]).float()
    img = torch.stack(img)  # (N, 8, H)
    generation, retrieval = loss_of_generation(gill, img, target), loss_of_retrieval(frozen, gill, img, torch.tensor([i for _, i in asked]))
    return ce + retrieval + generation, {"ce": ce, "retrieval": retrieval, "generation": generation}


def loss_of_generation(gill, img, target, network=None):
    """Distance of the conditioning (N, 16, D) from what the text encoder says, of GILLMapper or of another map."""
    made = (network or gill.gen_text_hidden_fcs[0])(img, gill.input_embeddings.weight[None])
    return (made - target).norm(dim=-1).mean()


def loss_of_retrieval(frozen, gill, img, keys):
    """InfoNCE both ways between states (N, 8, H) and their pictures `keys` (N,), beside others."""
    n, data = len(keys), frozen.data
    kin = torch.stack([pick(frozen.of_concept[c], 1)[0] for c in data.concept[keys].tolist()])
    offered = torch.cat([keys, kin, pick(data.train, 256)])
    seen = frozen.views[torch.randint(len(frozen.views), ()), offered]
    scores = gill.logit_scale.exp().clamp(max=100) * gill.query(img) @ gill.key(seen).T
    same = ((data.concept[offered] == data.concept[keys, None]) & (data.colour[offered] == data.colour[keys, None])).to(DEVICE)
    same[torch.arange(n), torch.arange(n)] = False  # other pictures of the same look are no negatives
    scores = scores.masked_fill(same, -1e4)
    goal = torch.arange(n, device=DEVICE)
    second = (~same[goal, n + goal]).float() * KIN  # next to the picture itself comes one of the same thing in another colour
    chances = scores.log_softmax(-1)
    found = -((1 - second) * chances[goal, goal] + second * chances[goal, n + goal]).mean()
    return (found + F.cross_entropy(scores[:, :n].T, goal)) / 2


def build(frozen):
    gill = Gill().to(DEVICE)
    with torch.no_grad():
        gill.input_embeddings.weight.copy_(F.normalize(torch.randn(IMG_TOKENS, 256), dim=-1).to(DEVICE) * frozen.norm)
    return gill


def keep(gill):
    """Whether there was an earlier model, whose parts `gill` then has, but for what it sees: that is fitted to the vision tower anew."""
    path = WORK / "gill_final.pt"
    if path.exists():
        gill.load_state_dict({k: v for k, v in load(path).items() if not k.startswith("visual_")}, strict=False)
    return path.exists()


@torch.no_grad()
def speak_up(frozen, gill, ridge=30.0):
    """Turns [IMG0]'s row, by least squares, to where its logit is the best word's at the end of an answer and 0 elsewhere; its norm.

    The decoder takes the logit's absolute value: from a random start many rows end far below zero there, where no gradient leads out.
    """
    rng, first, states, targets, weights = random.Random(77), tokens.image_ids()[0], [], [], []
    for make, count in ((text.chat, 160), (text.captioned, 160), (text.tale, 40), (text.guessing, 24), (text.facts, 60)):
        for _ in range(3 if SMOKE else count):
            x, labels, *_ = frozen.embed(gill, make(rng), rng)
            following = torch.tensor(labels[1:], device=DEVICE)
            said = frozen.states(x[None])[0, :-1][following >= 0]
            ends = following[following >= 0] == first
            states.append(said)
            targets.append(torch.where(ends, (said @ frozen.table.T).max(-1).values, 0))
            weights.append(torch.where(ends, 3.0, 1.0))
    states, targets, weights = torch.cat(states), torch.cat(targets), torch.cat(weights)
    row, weighted = gill.input_embeddings.weight[0], states * weights[:, None]
    row += torch.linalg.solve(weighted.T @ states + ridge * torch.eye(len(row), device=DEVICE), weighted.T @ (targets - states @ row))
    return row.norm()


def run(steps=STEPS, minutes=None):
    torch.manual_seed(5)
    frozen = Frozen()
    gill = build(frozen)
    keep(gill)
    gill.visual_embeddings.load_state_dict(load(WORK / "prefix_final.pt"))
    gill.maps.requires_grad_(False)  # heads.py trains them
    loud = speak_up(frozen, gill)

    def rescale():
        with torch.no_grad():
            rows = gill.input_embeddings.weight
            rows[1:].mul_(frozen.norm / rows[1:].norm(dim=-1).mean())
            rows[0].mul_(loud / rows[0].norm())

    train("gill", gill, lambda step: loss_of_documents(frozen, gill, *documents(step)), steps, lr=1e-3, warmup=100, after=rescale, minutes=minutes,
          muon=lambda name: ".tfm." in name)
    from . import prefix  # which needs this module
    prefix.settle(frozen, gill)
    save(WORK / "gill_final.pt", gill.state_dict())


def trained(frozen):
    gill = build(frozen)
    gill.load_state_dict(load(WORK / "gill_final.pt"))
    return gill.eval().requires_grad_(False)
