"""All that CLIP's vision tower, its teachers and the visual prefix learn from: the world's drawings, as they are and restyled, and what other hands drew."""
import torch

from . import clip
from .clipart import Clipart
from .common import DEVICE
from .data import distort, pictures, restyle
from .others import Others
from .sketches import Sketches

NOWHERE = -100  # the colour of what has no known one


class Hands:
    def __init__(self):
        self.data, self.sketches, self.clipart, self.others = pictures(), Sketches(), Clipart(), Others()

    def sample(self, drawn, sketched, clipped, restyled, others):
        """Distorted pictures (B, 3, 64, 64) of so many of each, in this order; the drawings' ids, the concepts and colours
        of all but the other things, and the other things."""
        data = self.data
        ids, again = data.sample(drawn), data.sample(restyled, native=1)
        ink, inked, inks = self.sketches.sample(sketched)
        piece, shown = self.clipart.sample(clipped)
        other, thing = self.others.sample(others)
        strange = restyle(torch.cat([piece.to(DEVICE), data.batch(again), other.to(DEVICE)]))
        x = distort(torch.cat([data.batch(ids), ink.to(DEVICE), strange]), warp=clip.WARP)
        concept = torch.cat([data.concept[ids], inked, shown, data.concept[again]])
        colour = torch.cat([data.colour[ids], inks, torch.full((clipped + restyled,), NOWHERE)])
        return x, ids, concept, colour, thing
