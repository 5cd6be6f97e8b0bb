"""Runs every stage on the first concepts' few drawings with a handful of steps: `python recipe/smoke.py` from models/.

It proves that the recipe runs from the icon sets to an exported, answering and measured folder, not that it learns.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    with tempfile.TemporaryDirectory() as temporary:
        work, model = Path(temporary) / "work", Path(temporary) / "model"
        (work / "npm").mkdir(parents=True)
        for archive in (HERE / "work" / "npm").glob("*.tgz"):  # what is already here is not fetched again
            shutil.copy(archive, work / "npm")
        for package in ("openclipart-svg", "fonts-symbola"):
            if (HERE / "work" / package).exists():
                (work / package).symlink_to(HERE / "work" / package)
        env = {**os.environ, "RECIPE_SMOKE": "1", "RECIPE_WORK": str(work), "RECIPE_MODEL": str(model)}
        for stage in ("render", "sketches", "others", "clipart", "text", "vae", "lm", "clip", "teachers", "sight", "decide", "unet", "prefix", "gill", "heads", "decision", "export", "judge",
                      "evaluate", "datasets", "parity"):
            subprocess.run([sys.executable, "-W", "ignore", "-m", "recipe", stage], cwd=HERE.parent, env=env, check=True)
        metrics = json.loads((model / "metrics.json").read_text())
        assert len(metrics["chats"]) == 2 and "retrieval" in metrics, metrics
        assert len(json.loads((model / "parity.json").read_text())["prompts"]) == 20
    print("smoke: ok")


if __name__ == "__main__":
    main()
