"""Muon: momentum made orthogonal, for the matrices inside a network; AdamW for the rest (Jordan et al., 2024)."""
import torch

NATIVE_BF16 = torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability().startswith(("AVX512", "AMX"))


def orthogonal(g, steps=5):
    """Nearest semi-orthogonal matrix of (R, C), roughly: the quintic Newton-Schulz iteration, in bfloat16 where that is fast."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16() if NATIVE_BF16 else g
    tall = x.shape[0] > x.shape[1]
    x = (x.T if tall else x) / (x.norm() + 1e-7)
    for _ in range(steps):
        s = x @ x.T
        x = a * x + (b * s + c * s @ s) @ x
    return (x.T if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """`hidden` parameters (two or more dimensions) by Muon, `others` by AdamW; `lr` is AdamW's, Muon's is `ratio` times that."""

    def __init__(self, hidden, others, lr, ratio=20, momentum=0.95, weight_decay=0.01):
        self.adam = torch.optim.AdamW(others, lr, betas=(0.9, 0.95), weight_decay=weight_decay, fused=True)
        super().__init__([{"params": list(hidden), "lr": lr}], dict(ratio=ratio, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        group = self.param_groups[0]
        for inner in self.adam.param_groups:
            inner["lr"] = group["lr"]
        self.adam.step()
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self.state[p]
            if not state:
                state["momentum"] = torch.zeros_like(p)
            speed = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
            turned = orthogonal(p.grad.lerp(speed, group["momentum"]).flatten(1))
            rate = group["lr"] * group["ratio"]
            p.mul_(1 - rate * group["weight_decay"])
            p.add_(turned.view_as(p), alpha=-rate * max(1, turned.shape[0] / turned.shape[1]) ** 0.5)

    def zero_grad(self, set_to_none=True):
        super().zero_grad(set_to_none)
        self.adam.zero_grad(set_to_none)

    def state_dict(self):
        return {"muon": super().state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state):
        super().load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])


def inner(name):
    """Whether a parameter belongs to the inside of CLIP or of the denoiser: no embedding, no first or last layer."""
    return not any(word in name for word in ("embed", "heads", "conv_in", "conv_out", "projection"))


def split(module, inside):
    """Trainable parameters for Muon (matrices and convolutions that are `inside`, told by their names) and for AdamW (all others)."""
    hidden, others = [], []
    for name, p in module.named_parameters():
        if p.requires_grad:
            (hidden if p.ndim > 1 and inside(name) else others).append(p)
    return hidden, others
