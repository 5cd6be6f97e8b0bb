"""`python -m recipe all`, or one stage's name with its steps, from the folder that holds recipe/.

Everything resumes from work/: a stage from its checkpoint, `all` from the stages noted in work/done.json.
"""
import importlib
import json
import sys
import time

from .common import WORK
from .rounds import ROUNDS


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
