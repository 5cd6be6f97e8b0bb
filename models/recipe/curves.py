"""The loss of every stage over its steps, thinned: results/curves.json and results/curves.png."""
import json

from PIL import Image, ImageDraw

from .common import HERE, WORK

STAGES = ["vae", "lm", "clip", "teacher_colours", "teacher_shapes", "sight", "decide", "unet", "prefix", "gill", "settle", "heads", "judge"]
POINTS, WIDTH, HEIGHT = 60, 300, 180


def run():
    kept = HERE / "results/curves.json"
    curves = json.loads(kept.read_text()) if kept.exists() else {}  # of stages whose logs are gone
    for name in STAGES:
        path = WORK / f"{name}.jsonl"
        if path.exists():
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            curves[name] = [rows[i * (len(rows) - 1) // max(1, min(POINTS, len(rows)) - 1)] for i in range(min(POINTS, len(rows)))]
    page = Image.new("RGB", (3 * WIDTH, -(-len(curves) // 3) * HEIGHT), "white")
    for n, (name, rows) in enumerate(curves.items()):
        draw_curve(page, n % 3 * WIDTH, n // 3 * HEIGHT, name, end_to_end(rows))
    (HERE / "results").mkdir(exist_ok=True)
    kept.write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in curves.items()) + "\n}\n")
    page.quantize(8).save(HERE / "results/curves.png", optimize=True)


def end_to_end(rows):
    """(step, loss) of all runs, each from where the one before it ended: a stage that was run again counted from 0."""
    points, past = [], 0
    for before, row in zip([{"step": -1}, *rows], rows):
        past += before["step"] if row["step"] <= before["step"] else 0
        points.append((past + row["step"], row["loss"]))
    return points


def draw_curve(page, left, top, name, points):
    pen = ImageDraw.Draw(page)
    last, low, high = points[-1][0], min(p[1] for p in points), max(p[1] for p in points)
    place = lambda step, loss: (left + 10 + step / last * (WIDTH - 20), top + HEIGHT - 12 - (loss - low) / (high - low or 1) * (HEIGHT - 40))
    pen.text((left + 10, top + 6), f"{name}: {points[0][1]:.3g} to {points[-1][1]:.3g} in {last} steps", fill="black")
    pen.line([place(*p) for p in points], fill="blue", width=2)
