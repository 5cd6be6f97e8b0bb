"""What `all` does, in order."""
from .common import DEVICE

TEACHERS = [("teachers", 2200)] if DEVICE == "cuda" else []  # two minutes each there, ten hours on two processor cores

# A round trains each stage up to the steps or the minutes (of all rounds together) that it names, whichever come first, and
# ends with a complete exported model; the next goes on from there. The minutes are those of two shared processor cores.
ROUNDS = [
    [("render",), ("sketches",), ("others",), ("clipart",), ("text",), ("datasets",), ("vae", 1600), ("lm", 4000, 31), ("clip", 6000, 14), *TEACHERS, ("sight", 700), ("decide", 4000), ("unet", 60000, 68), ("judge", 1500, 4),
     ("prefix", 600), ("gill", 9000, 20), ("heads", 600), ("decision",),
     ("export",), ("evaluate",), ("parity",)],
    [("lm", 8000, 100), ("sight", 3400), ("decide", 4000), ("unet", 60000, 300), ("prefix", 1200), ("gill", 9000, 80), ("heads", 1600), ("decision",),
     ("export",), ("evaluate",), ("parity",)],
]
