"""Stage 1c: the sets' drawings of everything that is no concept -> work/others.npz.

Their names are unknown to the world; that the same thing looks so in one art style and so in another teaches CLIP's vision
tower how styles differ. Like the sketches they are never shown, bundled or drawn towards.
"""
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from .common import SMOKE, WORK
from .render import fetch, find, rasterise
from .world import CONCEPTS, STYLES

LEFT_OUT = re.compile("^(wo)?m[ae]n|^person|keycap|clock|thirty|button|skin|flag|square|circle|arrow|japanese|medium|dark|light")
AT_LEAST = 3  # sets that draw it


def body(icons, name):
    return (find(icons, name) or {}).get("body")


def run():
    if (WORK / "others.npz").exists():
        return
    sets = [fetch(package) for package in STYLES.values()]
    known = {body(icons, name) for icons in sets for c in CONCEPTS for name in (c.icon, c.icon.replace("-", ""))}  # under other names, too
    named = [{name.replace("-", ""): name for name in [*icons["icons"], *icons.get("aliases", {})] if body(icons, name) not in known} for icons in sets]
    sets_of = Counter(name for names in named for name in names)
    things = sorted(name for name, n in sets_of.items() if n >= AT_LEAST and not LEFT_OUT.search(name))[:10 if SMOKE else None]
    jobs = [(icons, names[thing], i) for icons, names in zip(sets, named) for i, thing in enumerate(things) if thing in names]
    with ThreadPoolExecutor(2) as pool:
        drawn = list(pool.map(lambda job: rasterise(*job[:2]), jobs))
    kept = [(picture, job[2]) for picture, job in zip(drawn, jobs) if picture is not None]
    np.savez(WORK / "others.npz", pictures=np.stack([p for p, _ in kept]), thing=np.array([t for _, t in kept]))
    print(f"{len(kept)} drawings of {len(things)} other things")


class Others:
    def __init__(self):
        stored = np.load(WORK / "others.npz")
        self.pictures, self.thing = torch.from_numpy(stored["pictures"]).permute(0, 3, 1, 2), torch.from_numpy(stored["thing"])
        self.count = int(self.thing.max()) + 1

    def sample(self, count):
        """`count` drawings: (B, 3, 64, 64) in 0..1, things (B,)."""
        ids = torch.randint(len(self.thing), (count,))
        return self.pictures[ids].float() / 255, self.thing[ids]
