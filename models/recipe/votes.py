"""Prompts with votes on finding or drawing, in the form of the paper's PartiPrompts file -> world/votes.tsv, for `gill train-decision`.

Five people vote, each with another of the five art styles in mind: "ret" where the candidates hold such a picture, else "gen".
A prompt that names its style leaves them no choice; else they may disagree. `\\n` stands for a new line.
"""
import random

from . import collection, text
from .common import SMOKE, WORK, WORLD
from .text import Look, capital, caption, random_look, styled
from .world import STYLES

PROMPTS = 10 if SMOKE else 1600


def voted(look):
    styles = range(len(STYLES)) if look.style is None else [look.style] * len(STYLES)
    return ",".join("ret" if collection.has(Look(look.concept, look.colour, style)) else "gen" for style in styles)


def rows(rng):
    said = {}
    while len(said) < PROMPTS:
        look = random_look(rng)
        asked = rng.choice(text.SHOW).format(styled(look, rng))
        prompt = rng.choice([caption(look, rng), f"Q: {capital(asked)}\\nA: {rng.choice(text.HERE).format(styled(look, rng))}"])
        said.setdefault(prompt, f"{prompt}\t{look.concept.kind}\t{voted(look)}")
    return said.values()


def run():
    folder = WORK if SMOKE else WORLD
    (folder / "votes.tsv").write_text("\n".join(["Prompt\tCategory\tDecisions", *rows(random.Random(12))]) + "\n")
