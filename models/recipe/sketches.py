"""Stage 1b: one-colour icons of the same things, by other hands -> work/sketches.npz.

They teach CLIP's vision tower and the evaluation's classifier what a thing's shape is, whoever draws it; they are never
shown, bundled or drawn towards. The sets are MIT, ISC, Apache-2.0 or CC BY (Font Awesome, game-icons.net), the font Symbola is free for any use.
Icons are found by their names; `world/icons.tsv` has those that are called otherwise, looked at and picked by hand.
"""
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from .common import WORK, WORLD
from .render import drawn, fetch, find, unpack
from .world import BY_NAME, CONCEPTS, HUES

SETS = ["bi", "boxicons", "bxs", "carbon", "fa6-solid", "fluent", "fluent-emoji-high-contrast", "game-icons", "griddy-icons", "hugeicons", "icon-park", "icon-park-solid", "iconoir", "ion",
        "la", "lucide", "material-symbols", "mdi", "mingcute", "mynaui", "ph", "ri", "tabler", "uil"]
WAYS = set("""fill filled bold duotone outline outlined line thin light regular sharp rounded round one two three variant alt solid side animal food weather
              vehicle sm lg small large color broken icon""".split())  # words of names that say how a thing is drawn, not what it is
SYMBOLA = "fonts-symbola=2.60-1.1"
OTHER = {"mouse", "bug"}  # names that icon sets use for something else
DRAWN = 4  # at most, of a thing in a set


def stem(name):
    """An icon's name without the words that say how it is drawn."""
    return "-".join(word for word in name.split("-") if word not in WAYS and not word.isdigit())


def named():
    """Icons' names without ways -> concepts' indices."""
    own = {stem(name): c.index for c in CONCEPTS for name in (c.icon, c.name.lower().replace(" ", "-")) if name not in OTHER}
    rows = [line.split("\t") for line in (WORLD / "icons.tsv").read_text().splitlines()]
    return own | {stem(name): BY_NAME[thing].index for name, thing in rows if thing in BY_NAME}


def glyphs():
    """(concept, (64, 64) uint8) of every thing that Symbola has a character for."""
    path = str(unpack(SYMBOLA) / "usr/share/fonts/truetype/ancient-scripts/Symbola_hint.ttf")
    font = ImageFont.truetype(path, 60)
    blank = font.getmask("\U0010ffff")
    character = {name: chr(int(code, 16)) for code, name in reversed(fetch("noto", "chars.json").items()) if "-" not in code}
    for concept in CONCEPTS:
        mask = font.getmask(character.get(concept.icon, "\U0010ffff"))
        if mask.getbbox() and bytes(mask) != bytes(blank):
            left, top, right, bottom = font.getbbox(character[concept.icon])
            page = Image.new("L", (max(60, right - left), max(60, bottom - top)), 255)
            ImageDraw.Draw(page).text(((page.width - right - left) / 2, (page.height - bottom - top) / 2), character[concept.icon], 0, font)
            yield concept.index, np.pad(np.asarray(page.resize((60, 60))), 2, constant_values=255)


def run():
    if (WORK / "sketches.npz").exists():
        return
    things, jobs = named(), []
    for package in SETS:
        icons, count = fetch(package), Counter()
        for name in sorted([*icons["icons"], *icons.get("aliases", {})]):
            concept, icon = things.get(stem(name)), find(icons, name)
            if concept is not None and icon is not None and count[concept] < DRAWN:
                count[concept] += 1
                jobs.append((concept, icons, icon))
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda job: drawn(*job[1:]), jobs))
    inked = [(job[0], np.asarray(page.convert("L"))) for job, page in zip(jobs, pages) if page is not None]
    kept = [(concept, ink) for concept, ink in inked if 8 < (255 - ink.astype(float)).mean() < 150] + list(glyphs())
    np.savez(WORK / "sketches.npz", ink=np.stack([ink for _, ink in kept]), concept=np.array([concept for concept, _ in kept]))
    print(f"{len(kept)} sketches of {len({c for c, _ in kept})} things")


class Sketches:
    def __init__(self):
        stored = np.load(WORK / "sketches.npz")
        self.ink, self.concept = torch.from_numpy(stored["ink"]), torch.from_numpy(stored["concept"])
        count = torch.bincount(self.concept, minlength=len(CONCEPTS)).float()
        self.weight = count[self.concept].rsqrt()  # things with many sketches do not crowd out the others

    def sample(self, count):
        """`count` sketches in random inks: (B, 3, 64, 64) in 0..1, concepts (B,), colours (B,)."""
        ids = torch.multinomial(self.weight, count, replacement=True)
        colour = torch.where(torch.rand(count) < 0.3, 0, torch.randint(1, len(HUES), (count,)))
        hue = torch.tensor(HUES, dtype=torch.float32)[colour] + torch.randn(count) * 5
        saturation = torch.where(colour == 0, torch.rand(count) * 0.15, 0.6 + 0.4 * torch.rand(count))
        value = torch.where(colour == 0, torch.rand(count) * 0.7, 0.75 + 0.25 * torch.rand(count))
        chroma = (torch.tensor([5.0, 3.0, 1.0])[None] + hue[:, None] / 60) % 6
        ink = value[:, None] * (1 - saturation[:, None] * torch.minimum(chroma, 4 - chroma).clamp(0, 1))
        cover = 1 - self.ink[ids][:, None].float() / 255
        return 1 - cover * (1 - ink[:, :, None, None]), self.concept[ids], colour
