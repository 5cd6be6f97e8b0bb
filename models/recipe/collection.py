"""The candidates: which pictures can be retrieved, and whether a description is among them."""
from functools import cache

import torch

from .data import pictures
from .render import DRAWING, TRAIN
from .world import COLOURS, NATIVE

STOCKED = [NATIVE, COLOURS.index("red")]  # as the artists drew them, and in red; every other colour is a novel composition


def ids():
    """Indices of the pictures: every bundled drawing, and the red ones of those that were trained on."""
    data = pictures()
    native = (data.colour == NATIVE) & ((data.split == TRAIN) | (data.split == DRAWING))
    return torch.where(native | ((data.colour == STOCKED[1]) & (data.split == TRAIN)))[0]


@cache
def _described():
    data, known = pictures(), set()
    for i in ids().tolist():
        concept, style, native = int(data.concept[i]), int(data.style[i]), int(data.native[i])
        for colour in {int(data.colour[i])} | ({native} if data.colour[i] == NATIVE else set()):
            known |= {(concept, colour, style), (concept, colour, None)}
    return known


def has(look):
    return (look.concept.index, look.colour, look.style) in _described()
