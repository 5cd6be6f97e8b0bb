"""Stage 7b: what reads the [IMG] states, trained further on states computed once: retrieval heads, GILLMapper, and the ablation maps beside it.

The losses are those of `gill.py`; the [IMG] rows and the visual prefix stay as that stage left them.
"""
import random

import torch
import torch.nn.functional as F

from . import gill, text
from .common import DEVICE, SMOKE, WORK, autocast, save, train

STEPS, BATCH, GROUP = (3 if SMOKE else 1000), 192, 64
FINDING, FINDING_BATCH = (3 if SMOKE else 3000), 384  # of the retrieval heads alone, which are two small matrices
DOCUMENTS = 200 if SMOKE else 32_000
KINDS = [(text.captioned, 0.28), (text.named, 0.05), (text.tale, 0.22), (text.chat, 0.36), (text.guessing, 0.05), (text.facts, 0.04)]


@torch.no_grad()
def collected(frozen, model):
    """(N, 8, H) states of the pictures that fresh documents ask for, and their N looks."""
    rng, states, looks = random.Random(31), [], []
    makers, weights = zip(*KINDS)
    made = [make(rng) for make in rng.choices(makers, weights, k=DOCUMENTS)]
    embedded = (frozen.embed(model, parts, rng) for parts in made if any(isinstance(p, text.Drawn) for p in parts))
    kept = sorted(((x, at, asked) for x, _, at, asked in embedded), key=lambda e: len(e[0]))
    for some in (kept[i:i + GROUP] for i in range(0, len(kept), GROUP)):
        longest = len(some[-1][0])
        with autocast():
            read = frozen.states(torch.stack([F.pad(x, (0, 0, 0, longest - len(x))) for x, _, _ in some])).float()
        for b, (_, at, asked) in enumerate(some):
            states += [read[b, t:t + gill.IMG_TOKENS].clone() for t in at]
            looks += [look for look, _ in asked]
    return torch.stack(states), looks


@torch.no_grad()
def conditioning(frozen, looks):
    """The text encoder's states (U, 16, D) for every different look, and each look's row (N,)."""
    words = [gill.canonical(look) for look in looks]
    rows = {said: i for i, said in enumerate(dict.fromkeys(words))}
    said = list(rows)
    read = torch.cat([frozen.painter.read(said[i:i + 256]).half() for i in range(0, len(said), 256)])
    return read, torch.tensor([rows[w] for w in words])


def run(steps=STEPS, minutes=None):
    torch.manual_seed(14)
    frozen = gill.Frozen()
    model = gill.trained(frozen)
    states, looks = collected(frozen, model)
    targets, rows = conditioning(frozen, looks)
    print(f"heads: {len(looks)} pictures asked for, {len(targets)} different", flush=True)

    def sample(step, count):
        """Rows of `states`, and a picture of what each asks for."""
        rng, chosen = random.Random(step), torch.randint(len(looks), (count,))
        return chosen, torch.tensor([frozen.picture(looks[i], rng) for i in chosen.tolist()])

    def finding(step):
        chosen, keys = sample(step, FINDING_BATCH)
        loss = gill.loss_of_retrieval(frozen, model, states[chosen], keys)
        return loss, {"retrieval": loss}

    def drawing(step):
        chosen, _ = sample(step, BATCH)
        img, target = states[chosen], targets[rows[chosen]].float()
        generation = gill.loss_of_generation(model, img, target)
        ablation = sum(gill.loss_of_generation(model, img, target, network) for network in model.maps.values())
        return generation + ablation, {"generation": generation, "ablation": ablation / len(model.maps)}

    def learn(*names):
        for name, p in model.named_parameters():
            p.requires_grad_(name.startswith(names))

    learn("ret_text_hidden_fcs", "visual_fc", "logit_scale")
    train("finding", model, finding, FINDING, lr=2e-3, warmup=50)
    learn("gen_text_hidden_fcs", "maps")
    train("heads", model, drawing, steps, lr=1e-3, warmup=50, minutes=minutes, muon=lambda name: ".tfm." in name,
          parts=[list(model.gen_text_hidden_fcs.parameters()), list(model.maps.parameters())])
    save(WORK / "gill_final.pt", model.state_dict())
    for name in ("finding", "heads"):  # they hold the rows and prefix of this round, which the next may not resume from
        (WORK / f"{name}.pt").unlink(missing_ok=True)
