"""Stage 1: fetch the icon sets by npm name, draw them at 64 px, recolour them, index them in work/pictures.npz."""
import io
import json
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from .common import WORK
from .world import COLOURS, CONCEPTS, HUES, NATIVE, PACKAGES, STYLES, UNSEEN_STYLE, held_out_pair, held_out_style

SIZE = 64
GREY = 0.22  # drawings with a lower mean saturation are not recoloured
TRAIN, DRAWING, PAIR, STYLE = range(4)  # splits: trained on; unseen drawing; unseen colour x concept; unseen art style


def fetch(package, file="icons.json"):
    """A parsed file of @iconify-json/<package>."""
    folder = WORK / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"iconify-json-{package}-{PACKAGES[package]}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", f"@iconify-json/{package}@{PACKAGES[package]}"], cwd=folder, check=True)
    with tarfile.open(archive) as tar:
        return json.load(tar.extractfile(f"package/{file}"))


def unpack(package):
    """Where the files of a Debian package (`name=version`) lie, fetched and unpacked once."""
    name = package.split("=")[0]
    folder = WORK / name
    if not folder.exists():
        subprocess.run(["apt-get", "download", package], cwd=WORK, check=True)
        archive, = WORK.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        archive.unlink()
    return folder


def find(icons, name):
    """The drawing that a set has under this name or as its alias, or None."""
    return icons["icons"].get(icons.get("aliases", {}).get(name, {}).get("parent", name))


def drawn(icons, icon):
    """An icon of a set as a (64, 64) RGB image on white, or None: librsvg refuses a few."""
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
           f'viewBox="0 0 {width} {height}" width="60" height="60">{icon["body"]}</svg>')
    done = subprocess.run(["rsvg-convert", "-w", "60", "-h", "60", "-a"], input=svg.encode(), capture_output=True)
    if done.returncode:
        return None
    drawing = Image.open(io.BytesIO(done.stdout)).convert("RGBA")
    white = Image.new("RGBA", (SIZE, SIZE), "white")
    white.alpha_composite(drawing, ((SIZE - drawing.width) // 2, (SIZE - drawing.height) // 2))
    return white.convert("RGB")


def rasterise(icons, name):
    """(64, 64, 3) uint8 on white, or None where the set lacks the drawing."""
    icon = find(icons, name) or find(icons, name.replace("-", ""))
    picture = icon and drawn(icons, icon)
    if icon and picture is None:
        print(f"cannot draw {name}")
    return np.asarray(picture) if picture else None


def hsv(picture):
    """Hue in degrees, saturation and value in 0..1, each (64, 64)."""
    h, s, v = np.moveaxis(np.asarray(Image.fromarray(picture).convert("HSV"), dtype=np.float32) / 255, -1, 0)
    return h * 360, s, v


def dominant_hue(picture):
    """(hue in degrees, mean saturation of what is drawn)."""
    h, s, v = hsv(picture)
    drawn = (v < 0.97) | (s > 0.05)
    weight = s * v * drawn
    bins = np.bincount((h / 10).astype(int).ravel() % 36, weight.ravel(), 36)
    smooth = bins + 0.6 * (np.roll(bins, 1) + np.roll(bins, -1))
    near = np.abs((h - smooth.argmax() * 10 - 5 + 180) % 360 - 180) < 20
    angle = np.deg2rad(h[near])
    w = weight[near]
    hue = np.rad2deg(np.arctan2((w * np.sin(angle)).sum(), (w * np.cos(angle)).sum())) % 360
    return hue, s[drawn].mean() if drawn.any() else 0.0


def recolour(picture, hue, colour):
    """Turns the dominant hue to the colour's and draws the other hues near it; greys, black and white stay."""
    h, s, v = hsv(picture)
    h = (HUES[colour] + 0.25 * ((h - hue + 180) % 360 - 180)) % 360
    if COLOURS[colour] in ("orange", "yellow", "pink"):  # dark orange is brown, dark yellow is olive
        v = np.where(s > 0.15, v ** 0.6, v)
    s = np.clip(s * (0.6 if COLOURS[colour] == "pink" else 1.15 if COLOURS[colour] != "purple" else 0.9), 0, 1)
    packed = np.stack([h / 360, s, v], -1)
    return np.asarray(Image.fromarray((packed * 255 + 0.5).clip(0, 255).astype(np.uint8), "HSV").convert("RGB"))


def native_colour(picture):
    """The colour a drawing has anyway, or 0: its recolouring to that would be the drawing itself."""
    hue, saturation = dominant_hue(picture)
    if saturation < GREY:
        return NATIVE
    near = [abs((hue - HUES[c] + 180) % 360 - 180) for c in range(1, len(COLOURS))]
    return 1 + int(np.argmin(near)) if min(near) < 22 else NATIVE


def run():
    """work/pictures.npz: pictures (N, 64, 64, 3) uint8; concept, style, colour, split, native (N,) int."""
    if (WORK / "pictures.npz").exists():
        return
    pictures, rows = [], []
    for style, package in enumerate([*STYLES.values(), UNSEEN_STYLE]):
        icons = fetch(package)
        with ThreadPoolExecutor(4) as pool:
            drawn = list(pool.map(lambda c: rasterise(icons, c.icon), CONCEPTS))
        for concept, picture in zip(CONCEPTS, drawn):
            if picture is None:
                continue
            unseen = package != UNSEEN_STYLE and list(STYLES)[style] == held_out_style(concept)
            split = STYLE if package == UNSEEN_STYLE else DRAWING if unseen else TRAIN
            hue, saturation = dominant_hue(picture)
            native = native_colour(picture)
            pictures.append(picture)
            rows.append((concept.index, style, NATIVE, split, native))
            for colour in range(1, len(COLOURS)):
                if saturation >= GREY and colour != native:
                    held = split == TRAIN and held_out_pair(concept, colour)
                    pictures.append(recolour(picture, hue, colour))
                    rows.append((concept.index, style, colour, PAIR if held else split, native))
    concept, style, colour, split, native = np.array(rows).T
    np.savez(WORK / "pictures.npz", pictures=np.stack(pictures), concept=concept, style=style, colour=colour, split=split, native=native)
