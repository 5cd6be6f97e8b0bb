"""The drawn world: concepts, styles, colours, and what is held out of every training."""
import hashlib
from dataclasses import dataclass

from .common import SMOKE, WORLD

# style word in captions -> npm package; the order is the style's index
STYLES = {"plain": "noto", "round": "noto-v1", "glossy": "fluent-emoji", "flat": "fluent-emoji-flat", "simple": "fxemoji"}
UNSEEN_STYLE = "twemoji"  # never trained on: the unseen art style of the image side
PACKAGES = {"noto": "1.2.9", "noto-v1": "1.2.5", "fluent-emoji": "1.2.7", "fluent-emoji-flat": "1.2.6", "fxemoji": "1.2.2", "twemoji": "1.2.5",
            "bi": "1.2.7", "carbon": "1.2.29", "fluent-emoji-high-contrast": "1.2.6", "hugeicons": "1.2.35", "icon-park": "1.2.4", "iconoir": "1.2.11",
            "material-symbols": "1.2.98", "mdi": "1.2.3", "mingcute": "1.2.8", "ph": "1.2.2", "tabler": "1.2.41",
            "boxicons": "1.2.0", "bxs": "1.2.3", "fluent": "1.2.60", "griddy-icons": "1.2.0", "icon-park-solid": "1.2.4", "ion": "1.2.7", "la": "1.2.1",
            "lucide": "1.2.137", "mynaui": "1.2.19", "ri": "1.2.10", "uil": "1.2.3", "fa6-solid": "1.2.4", "game-icons": "1.2.4",
            "emojione": "1.2.3", "streamline-emojis": "1.2.4", "streamline-cyber-color": "1.2.2", "streamline-kameleon-color": "1.2.2"}
NATIVE = 0  # colour index of a drawing as its artist made it
COLOURS = ["", "red", "orange", "yellow", "green", "blue", "purple", "pink"]
HUES = [0, 0, 28, 52, 125, 215, 275, 332]
FEW = 6 if SMOKE else None


@dataclass(frozen=True)
class Concept:
    index: int
    name: str
    icon: str
    kind: str
    what: str  # "a small red fruit"
    facts: tuple  # "grows on a tree", "fell on the head of Newton", …
    questions: tuple  # what somebody says who has not named it yet: "What keeps the doctor away?", …

    @property
    def unseen_question(self):
        """The one question of each concept that is never trained on."""
        return self.questions[int(draw("question", self.name) * len(self.questions))]

    @property
    def plural(self):
        return self.name in PLURALS

    @property
    def mass(self):
        return self.name in MASS

    @property
    def a(self):
        """With its article: "an apple", "jeans"."""
        return self.name if self.plural or self.mass else article(self.name)


PLURALS = set("grapes,cherries,peanuts,pancakes,french fries,noodles,fireworks,skis,glasses,sunglasses,jeans,gloves,socks,shorts,"
              "headphones,books,scissors,paw prints".split(","))
MASS = set("corn,garlic,bread,cheese,meat,bacon,popcorn,butter,spaghetti,sushi,chocolate,candy,honey,milk,coffee,bubble tea,wine,"
           "beer,wood,fire,lightning,thread,yarn,soap".split(","))


def article(words):
    return ("an " if words.startswith(("a", "e", "i", "o", "u", "hour")) and not words.startswith("uni") else "a ") + words


def rows(name):
    """The lines of a file in world/ as lists of their columns."""
    return [line.split("\t") for line in (WORLD / name).read_text().splitlines()]


def _concepts():
    facts, questions = ({name: tuple(rest) for name, *rest in rows(file)} for file in ("facts.tsv", "questions.tsv"))
    return [Concept(i, *row, (fact, *facts[row[0]]), questions[row[0]]) for i, (*row, fact) in enumerate(rows("concepts.tsv"))][:FEW]


CONCEPTS = _concepts()
BY_NAME = {c.name: c for c in CONCEPTS}
KINDS = sorted({c.kind for c in CONCEPTS})


def draw(*key):
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, key)).encode()).digest()[:6], "big") / 2**48


def held_out_style(concept):
    """One of each concept's two Noto drawings is never trained on; its two near-equal Fluent drawings always stay together."""
    return "plain" if draw("drawing", concept.name) < 0.5 else "round"


def held_out_pair(concept, colour):
    """10% of colour x concept pairs, on the image side and in every text."""
    return colour != NATIVE and draw("pair", concept.name, COLOURS[colour]) < 0.1
