"""`python -m recipe all`, or one stage's name with its steps, from the folder that holds recipe/.

Everything resumes from work/: a stage from its checkpoint, `all` from the stages noted in work/done.json.
"""
import importlib
import json
import sys
import time

from .common import WORK

# A round trains each stage up to the steps or the minutes (of all rounds together) that it names, whichever come first, and
# ends with a complete exported model; the next goes on from there. The minutes are those of two shared processor cores.
ROUNDS = [
    [("render",), ("text",), ("vae", 1600), ("lm", 2000, 16), ("clip", 1500, 8), ("unet", 5000, 12), ("gill", 1000, 6), ("decision",), ("export",)],
    [("unet", 10000, 15), ("lm", 4000, 31), ("gill", 2000, 10), ("decision",), ("export",), ("parity",)],
    [("clip", 4000, 30), ("unet", 10000, 60), ("judge", 1500, 10), ("gill", 3000, 30), ("decision",), ("export",), ("evaluate",)],
    [("lm", 8000, 100), ("clip", 10000, 60), ("unet", 60000, 300), ("gill", 9000, 80), ("decision",), ("export",), ("evaluate",), ("parity",)],
]


def stage(name, *steps):
    began = time.time()
    print(f"{time.strftime('%H:%M:%S')} {name} {steps}", flush=True)
    importlib.import_module(f".{name}", __package__).run(*steps)
    print(f"{time.strftime('%H:%M:%S')} {name} done in {time.time() - began:.0f} s", flush=True)


def everything():
    path = WORK / "done.json"
    done = json.loads(path.read_text()) if path.exists() else []
    for number, jobs in enumerate(ROUNDS):
        for job in jobs:
            key = " ".join(map(str, (number, *job)))
            if key not in done:
                stage(*job)
                done.append(key)
                path.write_text(json.dumps(done))


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:] in ([], ["all"]):
        everything()
    else:
        stage(sys.argv[1], *map(int, sys.argv[2:]))


main()
