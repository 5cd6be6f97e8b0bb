"""Stage 8: the decision head on the state of [IMG0]: 0 = generate, 1 = retrieve."""
import random

import torch
import torch.nn.functional as F
from torch import nn

from . import collection, gill, text
from .common import DEVICE, SMOKE, WORK, save
from .text import Drawn

EXAMPLES, STEPS = (40, 20) if SMOKE else (3000, 2000)


@torch.no_grad()
def examples(frozen, model, count, seed):
    """(N, H) states of [IMG0] and (N,) labels of chats and captions that ask for a picture."""
    rng, states, labels = random.Random(seed), [], []
    while len(labels) < count:
        parts = rng.choice([text.chat, text.chat, text.captioned])(rng)
        last = max((i for i, p in enumerate(parts) if isinstance(p, Drawn)), default=None)
        if last is None:
            continue
        x, _, at, _ = frozen.embed(model, parts[:last + 1], rng)
        states.append(frozen.states(x[None])[0, at[-1]])
        labels.append(int(collection.has(parts[last].look)))
    return torch.stack(states), torch.tensor(labels, device=DEVICE)


def run():
    torch.manual_seed(6)
    frozen = gill.Frozen()
    model = gill.trained(frozen)
    x, y = examples(frozen, model, EXAMPLES, 11)
    head = nn.Sequential(nn.Dropout(0.5), nn.Linear(x.shape[1], 2)).to(DEVICE)
    optimiser = torch.optim.AdamW(head.parameters(), 1e-3)
    weight = len(y) / (2 * torch.bincount(y, minlength=2).clamp(min=1).float())
    for _ in range(STEPS):
        loss = F.cross_entropy(head(x), y, weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    save(WORK / "decision_final.pt", head.state_dict())
    print(f"decision: {(head.eval()(x).argmax(-1) == y).float().mean():.3f} right on its own examples, {y.float().mean():.2f} retrieve", flush=True)
