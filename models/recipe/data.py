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


def jitter(x, angle=0.25, scale=0.15, shift=0.12):
    """Random rotation, scale and shift on white: (B, 3, H, W) in 0..1."""
    b = len(x)
    u = lambda r: (torch.rand(b, device=x.device) * 2 - 1) * r
    a, s = u(angle), 1 + u(scale)
    theta = torch.stack([torch.stack([a.cos() * s, -a.sin() * s, u(shift)], -1),
                         torch.stack([a.sin() * s, a.cos() * s, u(shift)], -1)], 1)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return 1 - F.grid_sample(1 - x, grid, align_corners=False)
