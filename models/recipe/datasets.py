"""The held-out stories, dialogues, captions and decisions as files, in the formats of the paper's data sets -> gill-tiny/evaluation/.

`python -m recipe datasets` needs the rendered pictures alone, no trained weights. What is drawn is as unseen as in `evaluate.py`:
stories from the test templates; drawings and colour x concept pairs that were never trained on, where a file says so.
"""
import json
import random
import shutil

from PIL import Image

from . import collection, text
from .common import MODEL, SMOKE
from .data import pictures
from .evaluate import unseen_pairs
from .render import DRAWING, STYLE
from .text import Look, caption, capital, random_look, styled
from .world import COLOURS, CONCEPTS, NATIVE, PACKAGES, STYLES

FOLDER = MODEL / "evaluation"
STORIES = 4 if SMOKE else 120
CAPTIONS = 4 if SMOKE else 240
NAMES = 4 if SMOKE else 311
DECISIONS = 8 if SMOKE else 600
CHANGES = 4 if SMOKE else 60
PALETTE = 32  # colours of a stored picture

ABOUT = [
    "The data is gill-tiny's own, from the drawn world that it was trained on; models/recipe/README.md says what was held out. Stories follow templates "
    "that no training saw; dialogues, captions, prompts and wishes are made anew. Captions and names go with drawings that were never trained on, a third "
    "of the captions with a colour that their thing never had in training.",
    "In these stories the hero looks alike in all its pictures. In three of five the words leave out what it is, its colour, or both, and its style in all: "
    "pictures can tell more that words do not than in VIST, and the picture to draw has mostly been shown before.",
    "A prompt is labelled \"retrieve\" where the model's collection has a picture of just that thing, colour and style, else \"generate\".",
    "Pictures are compared by gill-tiny's own CLIP, the only one that knows its world. Its cosines spread from below 0 to 1, where those of the released CLIP "
    "on photographs lie close together: differences are larger here than in the paper.",
]


class Shelf:
    """Pictures by look; each that is used is stored once, under its index in work/pictures.npz."""

    def __init__(self):
        self.data, self.used, self.by_look = pictures(), set(), {}
        for i, (concept, colour, style, split) in enumerate(zip(*(x.tolist() for x in (self.data.concept, self.data.colour, self.data.style, self.data.split)))):
            if split != STYLE:  # that art style is not bundled
                self.by_look.setdefault((concept, colour), {})[style] = i

    def has(self, look):
        """Whether there is a drawing of exactly this look, in any style where it names none."""
        styles = self.by_look.get((look.concept.index, look.colour), {})
        return look.style in styles if look.style is not None else bool(styles)

    def take(self, look, rng):
        """The index of a picture that shows a look; where nobody drew it so, one in another style or colour."""
        styles = self.by_look.get((look.concept.index, look.colour)) or self.by_look[look.concept.index, NATIVE]
        return self.keep(styles[look.style] if look.style in styles else rng.choice(sorted(styles.values())))

    def keep(self, index):
        self.used.add(index)
        return index

    def write(self):
        rows = ["picture\tcaption\tset\ticon\tlicence"]
        for i in sorted(self.used):
            Image.fromarray(self.data.pictures[i].permute(1, 2, 0).numpy()).quantize(PALETTE, dither=Image.Dither.NONE).save(
                FOLDER / "pictures" / f"{i}.png", optimize=True)
            concept, style, colour = CONCEPTS[self.data.concept[i]], int(self.data.style[i]), int(self.data.colour[i])
            package = list(STYLES.values())[style]
            rows.append(f"{i}.png\t{Look(concept, colour).phrase()} in {list(STYLES)[style]} style\t{package} {PACKAGES[package]}"
                        f"{', recoloured' if colour else ''}\t{concept.icon}\t{'MIT' if package.startswith('fluent') else 'Apache-2.0'}")
        table("pictures.tsv", rows)


def table(name, rows):
    (FOLDER / name).write_text("\n".join(rows) + "\n")


def stories(shelf, rng):
    """VIST's "story in sequence" form: one annotation a sentence, five to a story."""
    annotations = []
    for number in range(STORIES):
        sentences, looks = text.story(rng, "test")
        annotations += [[{"story_id": str(number), "worker_arranged_photo_order": place, "photo_flickr_id": str(shelf.take(look, rng)), "text": sentence}]
                        for place, (sentence, look) in enumerate(zip(sentences, looks))]
    return {"type": "story-in-sequence", "annotations": annotations}


def dialogues(shelf, rng):
    """VisDial's form: dialogues point into lists of questions (without their question mark) and answers.

    `prompt_end` is what this model was trained to read behind the last answer.
    """
    questions, answers, rows = {}, {}, []
    number = lambda words, of: of.setdefault(words, len(of))
    for _ in range(STORIES):
        rounds, look = text.dialogue(rng)
        while not shelf.has(look):
            rounds, look = text.dialogue(rng)
        rows.append({"image_id": shelf.take(look, rng), "caption": caption(look, rng),
                     "dialog": [{"question": number(q.rstrip("?"), questions), "answer": number(a, answers)} for q, a in rounds]})
    return {"version": "1.0", "split": "test", "prompt_end": "\n", "data": {"questions": list(questions), "answers": list(answers), "dialogs": rows}}


def captions(shelf, rng):
    """Captions of unseen drawings and, one in three, of unseen colour x concept pairs: caption, file."""
    pairs = [p for p in unseen_pairs(shelf.data) if shelf.has(p)]
    drawings = [i for i in range(len(shelf.data.split)) if int(shelf.data.split[i]) == DRAWING]
    rows = ["caption\tfile"]
    for _ in range(CAPTIONS):
        if pairs and rng.random() < 1 / 3:
            look = rng.choice(pairs)
            rows.append(f"{look.phrase()}\t{shelf.take(look, rng)}.png")
        else:
            i = shelf.keep(rng.choice(drawings))
            look = Look(CONCEPTS[shelf.data.concept[i]], int(shelf.data.colour[i]), int(shelf.data.style[i]))
            rows.append(f"{styled(look, rng)}\t{i}.png")
    return rows


def names(shelf, rng):
    """Unseen drawings with the thing's name, to be told from the picture alone: caption, file."""
    unseen = [i for i in range(len(shelf.data.split)) if int(shelf.data.split[i]) == DRAWING and int(shelf.data.colour[i]) == NATIVE]
    return ["caption\tfile"] + [f"{CONCEPTS[shelf.data.concept[i]].name}\t{shelf.keep(i)}.png" for i in rng.sample(unseen, min(NAMES, len(unseen)))]


def decisions(shelf, rng):
    """PartiPrompts' form with a decision: what the collection has should be found, what it lacks be drawn."""
    pairs, rows = unseen_pairs(shelf.data), ["Prompt\tCategory\tDecision"]
    for _ in range(DECISIONS):
        look = rng.choice(pairs) if pairs and rng.random() < 0.15 else random_look(rng)
        asked = rng.choice(text.SHOW).format(styled(look, rng))
        prompt = rng.choice([caption(look, rng), f"Q: {capital(asked)}\\nA: {rng.choice(text.HERE).format(styled(look, rng))}"])
        rows.append(f"{prompt}\t{look.concept.kind}\t{'ret' if collection.has(look) else 'gen'}")
    return rows


def changes(shelf, rng):
    """A picture, a wish, and the picture that would grant it: file, request, file."""
    rows = ["picture\trequest\ttarget"]
    while len(rows) <= CHANGES:
        look = random_look(rng, colour=0.3, style=1)
        other = random_look(rng, colour=1, style=0, concept=look.concept)
        wanted = Look(look.concept, other.colour, look.style)
        if wanted.colour != look.colour and shelf.has(look) and shelf.has(wanted):
            word = COLOURS[wanted.colour]
            wish = rng.choice([f"Can you make it {word}?", f"Now in {word}, please.", f"Please make it {word}.", f"The same in {word}."])
            rows.append(f"{shelf.take(look, rng)}.png\tQ: {wish}\\nA: {rng.choice(text.HERE).format(wanted.phrase())}\t{shelf.take(wanted, rng)}.png")
    return rows


def run():
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "pictures").mkdir(parents=True)
    shelf = Shelf()
    for number, (name, make) in enumerate([("vist.json", stories), ("visdial.json", dialogues)]):
        (FOLDER / name).write_text(json.dumps(make(shelf, random.Random(7000 + number)), separators=(",", ":")) + "\n")
    for number, (name, make) in enumerate([("captions.tsv", captions), ("names.tsv", names), ("decisions.tsv", decisions), ("refinements.tsv", changes)]):
        table(name, make(shelf, random.Random(7100 + number)))
    shelf.write()
    table("about.txt", ABOUT)
    print(f"datasets: {len(shelf.used)} pictures", flush=True)
