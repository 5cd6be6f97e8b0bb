"""`python -m recipe all` or one stage's name, from the folder that holds recipe/. Every stage resumes from work/."""
import importlib
import sys
import time

from .common import WORK

STAGES = ["render", "vae", "text", "lm", "clip", "unet", "gill", "decision", "export"]


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    wanted = STAGES if sys.argv[1:] in ([], ["all"]) else sys.argv[1:]
    for stage in wanted:
        began = time.time()
        print(f"{time.strftime('%H:%M:%S')} {stage}", flush=True)
        importlib.import_module(f".{stage}", __package__).run()
        print(f"{time.strftime('%H:%M:%S')} {stage} done in {time.time() - began:.0f} s", flush=True)


main()
