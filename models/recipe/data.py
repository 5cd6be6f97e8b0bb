"""The rendered pictures as tensors, with the augmentations that training uses."""
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F

from .common import DEVICE, WORK
from .render import TRAIN


class Pictures:
    """Indexed pictures of work/pictures.npz: `pictures` (N, 3, 64, 64) uint8 and concept, style, colour, split, native (N,)."""

    def __init__(self):
        stored = np.load(WORK / "pictures.npz")
        self.pictures = torch.from_numpy(stored["pictures"]).permute(0, 3, 1, 2).contiguous()
        self.concept, self.style, self.colour, self.split, self.native = (
            torch.from_numpy(stored[k]) for k in ("concept", "style", "colour", "split", "native"))
        self.train = torch.where(self.split == TRAIN)[0]

    def batch(self, ids):
        """(B, 3, 64, 64) float32 in 0..1."""
        return self.pictures[ids].to(DEVICE).float() / 255

    def sample(self, count, native=0.4, among=None):
        """`count` training ids, a share `native` of them as the artists drew them, the rest recoloured; `among`: a mask of pictures."""
        ids = self.train if among is None else self.train[among[self.train]]
        drawn, recoloured = ids[self.colour[ids] == 0], ids[self.colour[ids] != 0]
        recoloured = recoloured if len(recoloured) else drawn
        return torch.where(torch.rand(count) < native, pick(drawn, count), pick(recoloured, count))


def pick(ids, count):
    return ids[torch.randint(len(ids), (count,))]


@cache
def pictures():
    return Pictures()


def flip(x):
    """Mirrors half of the pictures (B, 3, H, W)."""
    return torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5, x.flip(-1), x)


def jitter(x, angle=0.25, scale=0.15, shift=0.12, stretch=1, warp=0.0):
    """Random rotation, scale and shift on white: (B, 3, H, W) in 0..1; `stretch` (B,): how much wider than high; `warp`: bends of that size."""
    b = len(x)
    u = lambda r: (torch.rand(b, device=x.device) * 2 - 1) * r
    a, s = u(angle), 1 + u(scale)
    theta = torch.stack([torch.stack([a.cos() * s * stretch, -a.sin() * s * stretch, u(shift)], -1),
                         torch.stack([a.sin() * s, a.cos() * s, u(shift)], -1)], 1)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    if warp:
        bends = F.interpolate(torch.randn(b, 2, 4, 4, device=x.device) * warp, x.shape[2:], mode="bicubic", align_corners=True)
        grid = grid + bends.permute(0, 2, 3, 1)
    return 1 - F.grid_sample(1 - x, grid, align_corners=False)


def turn_hues(x, share):
    """Turns all hues of a `share` of the pictures by a random angle, and greys a tenth of those; (B, 3, H, W) in 0..1."""
    b = len(x)
    angle = torch.rand(b, device=x.device) * 2 * torch.pi
    grey = (torch.rand(b, device=x.device) < 0.1).float()
    c, s = (angle.cos() * (1 - grey))[:, None, None], (angle.sin() * (1 - grey))[:, None, None] / 3**0.5
    mean = torch.full((3, 3), 1 / 3, device=x.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=x.device)
    turned = torch.einsum("bij,bjhw->bihw", mean + c * (torch.eye(3, device=x.device) - mean) + s * cross, x).clamp(0, 1)
    return torch.where(torch.rand(b, 1, 1, 1, device=x.device) < share, turned, x)


def outlines(ink):
    """(B, 1, H, W): how much the ink (B, 3, H, W) changes around every pixel, in the channel where it does most."""
    return (F.max_pool2d(ink, 3, 1, 1) + F.max_pool2d(-ink, 3, 1, 1)).amax(1, keepdim=True)


def restyle(x):
    """Other colours, textures and lines for what is drawn on white (B, 3, H, W) in 0..1: turned hues, random filters (Xu et al., 2021), outlines."""
    b, h, w = len(x), *x.shape[2:]
    ink, chance = 1 - x, lambda share: torch.rand(b, 1, 1, 1, device=x.device) < share
    filters = torch.randn(b * 3, 3, 3, 3, device=x.device) * torch.rand(b * 3, 1, 3, 3, device=x.device).round()
    filtered = F.conv2d(ink.reshape(1, b * 3, h, w), filters, padding=1, groups=b).view_as(x)
    filtered = filtered / filtered.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-3)
    filtered = torch.where(chance(0.5), filtered.abs(), ink + 0.7 * filtered)
    lines = outlines(ink) * (1 - torch.rand(b, 3, 1, 1, device=x.device))
    inked = torch.where(chance(0.3), 2 * lines, torch.where(chance(0.5), filtered, ink))
    return turn_hues((1 - inked).clamp(0, 1), 0.7)


def distort(x, hue=0.0, warp=0.0):
    """What an unseen artist might do: turns, stretches, bends, blurs, covers and dims (B, 3, 64, 64) in 0..1."""
    b = len(x)
    chance = lambda share: torch.rand(b, 1, 1, 1, device=x.device) < share
    stretch = 1 + (torch.rand(b, 1, 1, 1, device=x.device) - 0.5) * 0.5
    x = jitter(flip(x), 0.35, 0.25, 0.15, stretch.flatten(), warp)
    x = turn_hues(x, hue) if hue else x
    x = torch.where(chance(0.25), F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1), x)
    x = x * (0.8 + 0.3 * torch.rand(b, 1, 1, 1, device=x.device))
    at, size = torch.rand(b, 2, 1, 1, device=x.device) * 64, 5 + 9 * torch.rand(b, 1, 1, device=x.device)
    row = torch.arange(64, device=x.device)
    hole = ((row[None, :, None] - at[:, 0]).abs() < size) & ((row[None, None, :] - at[:, 1]).abs() < size)
    return torch.where(hole[:, None] & chance(0.3), torch.rand(b, 3, 1, 1, device=x.device), x).clamp(0, 1)
