"""What every training stage shares: folders, seeds, the pause file, checkpoints and the loop around a step."""
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

from .muon import NATIVE_BF16, Muon, split

HERE = Path(__file__).resolve().parent
WORLD = HERE / "world"
WORK = Path(os.environ.get("RECIPE_WORK", HERE / "work"))
MODEL = Path(os.environ.get("RECIPE_MODEL", HERE.parent / "gill-tiny"))
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SMOKE = os.environ.get("RECIPE_SMOKE") == "1"  # ten pictures, a few steps: see smoke.py
BF16 = os.environ.get("RECIPE_BF16", str(int(NATIVE_BF16))) == "1"
CHECKPOINT_SECONDS = 120


def wait_while_paused():
    """Sleeps as long as work/PAUSE exists."""
    while (WORK / "PAUSE").exists():
        time.sleep(2)


def share_cores(own):
    """All cores, or in a niced process those that others leave free; `own` threads of the load are this process's."""
    cores = os.cpu_count()
    if os.nice(0) <= 0:
        return cores
    torch.set_num_threads(max(1, min(cores, round(cores - (os.getloadavg()[0] - own)))))
    return torch.get_num_threads()


def save(path, value):
    """torch.save, but a kill at any moment leaves either the old or the new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(value, part)
    os.replace(part, path)


def load(path):
    return torch.load(path, map_location=DEVICE, weights_only=False)


def autocast():
    """bfloat16 where the processor multiplies it natively; weights stay float32."""
    return torch.autocast(DEVICE, torch.bfloat16, enabled=BF16)


class Ema:
    """Exponential moving average of a module's floating parameters and buffers."""

    def __init__(self, module, decay=0.999):
        self.decay, self.steps = decay, 0
        self.shadow = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def update(self, module):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for key, value in module.state_dict().items():
                if value.is_floating_point():
                    self.shadow[key].lerp_(value, 1 - decay)
                else:
                    self.shadow[key].copy_(value)


def train(name, module, loss_of, steps, lr, warmup=200, decay=0.01, clip=1.0, ema=None, after=None, minutes=None, parts=None, muon=None, ratio=20):
    """Runs `steps` optimiser steps of `loss_of(step) -> (loss, {name: number})`, or as many as fit into `minutes`.

    The learning rate warms up, stays, and falls linearly over the last 40%. Resumes from work/<name>.pt; a run that is
    asked for more steps and minutes than a finished one had goes on from where that stopped. The gradients of each of `parts`
    (lists of parameters; default: all as one) are clipped on their own. `muon`: names of matrices -> whether Muon trains them,
    at `ratio` times the rate.
    """
    params = [p for p in module.parameters() if p.requires_grad]
    if muon:
        optimiser = Muon(*split(module, muon), lr, ratio, weight_decay=decay)
    else:
        optimiser = torch.optim.AdamW(params, lr, betas=(0.9, 0.95), weight_decay=decay, fused=True)
    path, step, seconds = WORK / f"{name}.pt", 0, 0.0
    if path.exists():
        state = load(path)
        module.load_state_dict(state["module"])
        optimiser.load_state_dict(state["optimiser"])
        step, seconds = state["step"], state["seconds"]
        if ema is not None:
            ema.shadow, ema.steps = state["ema"], state["ema_steps"]
    log = open(WORK / f"{name}.jsonl", "a")
    saved = started = time.time()
    spent, sums, count = seconds, {}, 0

    def checkpoint():
        save(path, {"module": module.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": spent,
                    "ema": ema.shadow if ema else None, "ema_steps": ema.steps if ema else 0})

    threads = torch.get_num_threads()

    def done():
        return max(step / steps, spent / 60 / minutes if minutes else 0)

    while done() < 1:
        wait_while_paused()
        began = time.time()
        torch.manual_seed(1_000_003 * (step + 1) % (2**31))
        np.random.seed(step)
        height = min(1, (step + 1) / warmup) * max(0.05, min(1, (1 - done()) / 0.4))
        for group in optimiser.param_groups:
            group["lr"] = lr * height
        loss, shown = loss_of(step)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norms = [torch.nn.utils.clip_grad_norm_(part, clip).item() for part in parts or [params]]
        if all(map(math.isfinite, norms)):
            optimiser.step()
        if after is not None:
            after()
        if ema is not None:
            ema.update(module)
        step, count, spent = step + 1, count + 1, spent + time.time() - began
        for key, value in {"loss": loss.detach(), **shown}.items():
            sums[key] = sums.get(key, 0.0) + (value.item() if torch.is_tensor(value) else value)
        if step % 50 == 0 or done() >= 1:
            print(json.dumps({"step": step, "s": round(spent), "lr": round(lr * height, 6),
                              **{k: round(v / count, 4) for k, v in sums.items()}}), file=log, flush=True)
            sums, count = {}, 0
        if step % 10 == 0 and DEVICE == "cpu":
            threads = share_cores(threads)
        if time.time() - saved > CHECKPOINT_SECONDS:
            checkpoint()
            saved = time.time()
    checkpoint()
    log.close()
    if ema is not None:
        module.load_state_dict(ema.shadow)
    return module.eval()
