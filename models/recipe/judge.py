"""The evaluation's own classifier of concept and colour: a small convolutional network that shares nothing with the model."""
import torch
import torch.nn.functional as F
from torch import nn

from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .data import flip, jitter, pictures, pick
from .render import DRAWING, PAIR, TRAIN
from .sketches import Sketches
from .world import COLOURS, CONCEPTS

STEPS, BATCH = (3 if SMOKE else 1500), 64


class Residual(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(),
                               nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside))
        self.b = nn.Conv2d(inside, outside, 1, 2)

    def forward(self, x):
        return F.relu(self.a(x) + self.b(x))


class Judge(nn.Module):
    """(B, 3, 64, 64) in 0..1 -> logits of concepts (B, C) and of colours (B, 8; 0 = as drawn)."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(3, 24, 5, 2, 2), nn.ReLU(), Residual(24, 48), Residual(48, 96), Residual(96, 192))
        self.concept, self.colour = nn.Linear(192, len(CONCEPTS)), nn.Linear(192, len(COLOURS))

    def forward(self, x):
        h = self.trunk(1 - x).mean((2, 3))
        return self.concept(h), self.colour(h)


def run(steps=STEPS, minutes=None):
    torch.manual_seed(8)
    judge, data, sketches = Judge().to(DEVICE), pictures(), Sketches()
    known = torch.where((data.split == TRAIN) | (data.split == PAIR))[0]

    def loss_of(step):
        ids = torch.cat([data.sample(BATCH // 2, native=1), pick(known, BATCH // 2)])
        ink, inked, inks = sketches.sample(BATCH // 4)
        with autocast():
            concept, colour = judge(jitter(flip(torch.cat([data.batch(ids), ink.to(DEVICE)])), 0.2, 0.15, 0.1))
        wanted = torch.cat([data.concept[ids], inked]).to(DEVICE)
        return (F.cross_entropy(concept.float(), wanted, label_smoothing=0.1) + 0.5 * F.cross_entropy(colour.float(), torch.cat([data.colour[ids], inks]).to(DEVICE)),
                {"concept": (concept.argmax(-1) == wanted).float().mean()})

    train("judge", judge, loss_of, steps, lr=2e-3, decay=0.05, warmup=100, minutes=minutes)
    save(WORK / "judge_final.pt", judge.state_dict())
    print("judge:", accuracy(judge), flush=True)


@torch.no_grad()
def accuracy(judge):
    """How often it is right about real drawings that it has never seen."""
    data, report = pictures(), {}
    ids = torch.where(data.split == DRAWING)[0]
    named = [judge(data.batch(i)) for i in ids.split(256)]
    concept, colour = (torch.cat(x).cpu() for x in zip(*named))
    report["concept"] = (concept.argmax(-1) == data.concept[ids]).float().mean().item()
    report["concept top 5"] = (concept.topk(5).indices == data.concept[ids][:, None]).any(-1).float().mean().item()
    coloured = data.colour[ids] != 0
    report["colour"] = (colour[coloured, 1:].argmax(-1) + 1 == data.colour[ids][coloured]).float().mean().item()
    return report


def trained():
    judge = Judge().to(DEVICE)
    judge.load_state_dict(load(WORK / "judge_final.pt"))
    return judge.eval().requires_grad_(False)
