"""Stage 5b: teachers for CLIP's vision tower, which name what is drawn and nothing else; `sight.py` learns from all of them at once.

Both are convolutional and see in training their drawings with the statistics of other drawings mixed in (MixStyle: Zhou et al., 2021): one
looks at colours, the other at greys and outlines alone. A small tower that matches the mean of what they say (Hinton et al., 2015), on
pictures distorted beyond recognition (Beyer et al., 2022), takes over much of how they generalise. They are not bundled.
"""
import torch
import torch.nn.functional as F
from torch import nn

from . import clip
from .common import DEVICE, SMOKE, WORK, Ema, autocast, load, save, train
from .data import outlines, pictures
from .hands import Hands
from .world import CONCEPTS

STEPS, BATCH = (3 if SMOKE else 2200), (8,) * 5 if SMOKE else (112, 80, 80, 96, 80)  # of drawings, sketches, clip art, restyled drawings, other things
KINDS = ("colours", "shapes")


class MixStyle(nn.Module):
    """Gives half of the channels' maps (B, C, H, W), in training, means and deviations between their own and those of another picture's."""

    def forward(self, x):
        if not self.training:
            return x
        b, device = len(x), x.device
        mean, deviation = x.mean((2, 3), keepdim=True).detach(), x.std((2, 3), keepdim=True).detach() + 1e-4
        other = torch.randperm(b, device=device)
        share = (torch.rand(b, 1, 1, 1, device=device) * (torch.rand(b, 1, 1, 1, device=device) < 0.5)).to(x.dtype)
        return (x - mean) / deviation * deviation.lerp(deviation[other], share) + mean.lerp(mean[other], share)


class Residual(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(),
                               nn.Conv2d(outside, outside, 3, 1, 1, bias=False), nn.BatchNorm2d(outside))
        self.b = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.a(x) + self.b(x))


class Teacher(nn.Module):
    """(B, 3, 64, 64) in 0..1 -> logits of concepts and other things (B, C + T); `shapes`: of greys and outlines alone."""

    def __init__(self, names, shapes, widths=(64, 128, 256, 512)):
        super().__init__()
        self.shapes = shapes
        layers = [nn.Conv2d(2 if shapes else 3, widths[0], 5, 2, 2), nn.ReLU()]
        for i, (inside, outside) in enumerate(zip((widths[0], *widths), widths)):
            layers += [Residual(inside, outside, 2 if i else 1), Residual(outside, outside, 1)]
            layers += [MixStyle()] if i < 2 else []
        self.trunk, self.heads = nn.Sequential(*layers), nn.Sequential(nn.Dropout(0.3), nn.Linear(widths[-1], names))

    def forward(self, x):
        x = torch.cat([1 - x.mean(1, keepdim=True), outlines(1 - x)], 1) if self.shapes else 1 - x
        return self.heads(self.trunk(x.contiguous(memory_format=torch.channels_last)).mean((2, 3)))


def teach(kind, steps, minutes):
    torch.manual_seed(15)
    hands = Hands()
    model = Teacher(len(CONCEPTS) + hands.others.count, kind == "shapes").to(DEVICE)

    def loss_of(step):
        x, _, concept, _, thing = hands.sample(*BATCH)
        wanted = torch.cat([concept, thing + len(CONCEPTS)]).to(DEVICE)
        with autocast():
            logits = model(x).float()
        return F.cross_entropy(logits, wanted, label_smoothing=0.1), {"named": (logits.argmax(-1) == wanted).float().mean()}

    train(f"teacher_{kind}", model.train(), loss_of, steps, lr=1e-3, decay=0.05, warmup=100, minutes=minutes,
          ema=Ema(model, 0.998), muon=clip.inner)
    save(WORK / f"teacher_{kind}_final.pt", model.state_dict())
    report(f"teacher {kind}", model)


def run(steps=STEPS, minutes=None, *kinds):
    """`kinds`: indices of those to train, so that each can have a process of its own."""
    for i in kinds or range(len(KINDS)):
        teach(KINDS[i], steps, minutes)


def trained(names):
    """What gives the mean of the teachers' probabilities (B, C + T) for pictures (B, 3, 64, 64), or None where that stage has not run."""
    models = []
    for kind in KINDS:
        if (WORK / f"teacher_{kind}_final.pt").exists():
            model = Teacher(names, kind == "shapes").to(DEVICE)
            model.load_state_dict(load(WORK / f"teacher_{kind}_final.pt"))
            models.append(model.eval().requires_grad_(False))
    return (lambda x: torch.stack([model(x).float().softmax(-1) for model in models]).mean(0)) if models else None


@torch.no_grad()
def report(name, named):
    data = pictures()
    for split, which in ((1, "unseen drawings"), (3, "unseen style")):
        ids = torch.where((data.split == split) & (data.colour == 0))[0]
        right = torch.cat([named(data.batch(i))[:, :len(CONCEPTS)].argmax(-1).cpu() == data.concept[i] for i in ids.split(256)])
        print(f"{name}, {which}: concept {right.float().mean():.3f}", flush=True)
