"""Stage 1d: clip art and coloured icons of the same things, by more hands -> work/clipart.npz.

The clip art is from Debian's `openclipart-svg` (public domain): what `world/clipart.tsv` lists was looked at and picked by hand, a file and
the thing it shows a line. The coloured sets are EmojiOne and Streamline's (CC BY 4.0). Both teach CLIP's vision tower as the sketches
do, and like them they are never shown, bundled or drawn towards.
"""
import io
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image

from . import render, sketches
from .common import WORK, WORLD
from .render import SIZE
from .world import BY_NAME

PACKAGE = "openclipart-svg=1:0.18+dfsg-19"
COLOURED = ["emojione", "streamline-emojis", "streamline-cyber-color", "streamline-kameleon-color"]
OTHER = {("streamline-emojis", "turkey")}  # a flag
INK = SIZE - 4  # the longer side of what is drawn


def coloured():
    """(concept, (64, 64, 3) uint8) of the coloured sets' icons."""
    things = sketches.named()
    for package in COLOURED:
        icons = render.fetch(package)
        for name in sorted([*icons["icons"], *icons.get("aliases", {})]):
            concept = things.get(sketches.stem(name))
            if concept is not None and (package, name) not in OTHER and (picture := render.rasterise(icons, name)) is not None:
                yield concept, picture


def rasterise(path):
    """(64, 64, 3) uint8 on white, as large as fits."""
    def drawn(size):
        done = subprocess.run(["rsvg-convert", "-w", str(size), "-h", str(size), "-a", path], capture_output=True, check=True)
        drawing = Image.open(io.BytesIO(done.stdout)).convert("RGBA")
        return drawing, drawing.getchannel("A").point(lambda alpha: 255 * (alpha > 8)).getbbox()

    drawing, box = drawn(INK)
    used = max(box[2] - box[0], box[3] - box[1])
    if used < 0.8 * INK:  # much of the sheet is empty
        drawing, box = drawn(INK * min(8, INK // used + 1))
        drawing = drawing.crop(box)
        drawing.thumbnail((INK, INK))
    page = Image.new("RGBA", (SIZE, SIZE), "white")
    page.alpha_composite(drawing, ((SIZE - drawing.width) // 2, (SIZE - drawing.height) // 2))
    return np.asarray(page.convert("RGB"))


def run():
    if (WORK / "clipart.npz").exists():
        return
    rows = [line.split("\t") for line in (WORLD / "clipart.tsv").read_text().splitlines()]
    rows = [(name, BY_NAME[thing].index) for name, thing in rows if thing in BY_NAME]
    root = render.unpack(PACKAGE) / "usr/share/openclipart/svg"
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda row: rasterise(root / row[0]), rows))
    icons = list(coloured())
    concepts = [concept for _, concept in rows] + [concept for concept, _ in icons]
    np.savez(WORK / "clipart.npz", pictures=np.stack(drawn + [picture for _, picture in icons]), concept=np.array(concepts))
    print(f"{len(drawn)} pieces of clip art and {len(icons)} coloured icons of {len(set(concepts))} things")


class Clipart:
    def __init__(self):
        stored = np.load(WORK / "clipart.npz")
        self.pictures, self.concept = torch.from_numpy(stored["pictures"]).permute(0, 3, 1, 2), torch.from_numpy(stored["concept"])
        self.weight = torch.bincount(self.concept).float()[self.concept].rsqrt()

    def sample(self, count):
        """`count` pieces: (B, 3, 64, 64) in 0..1, concepts (B,)."""
        ids = torch.multinomial(self.weight, count, replacement=True)
        return self.pictures[ids].float() / 255, self.concept[ids]
