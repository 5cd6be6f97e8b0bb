"""Stage 3: everything that is said about the world, and the two byte-pair tokenizers.

A document is a list of parts: text, `Shown(look)` for a picture that is given, `Drawn(look)` for one that is answered.
The language model is trained on documents as text alone; GILL's training turns the pictures into visual tokens and [IMG]s.
"""
import json
import random
import re
from dataclasses import dataclass
from functools import cache

from .common import SMOKE, WORK, WORLD
from .world import BY_NAME, COLOURS, CONCEPTS, KINDS, NATIVE, STYLES, article, held_out_pair, rows

STYLE_WORDS = list(STYLES)
NAMES = [("Mia", "she"), ("Tom", "he"), ("Anna", "she"), ("Ben", "he"), ("Lily", "she"), ("Max", "he"), ("Emma", "she"), ("Sam", "he")]
WORD = {"mammal": "animal", "bird": "bird", "reptile": "animal", "sea": "sea animal", "insect": "small animal", "flower": "flower",
        "plant": "plant", "fruit": "fruit", "vegetable": "vegetable", "food": "food", "sweet": "sweet", "drink": "drink",
        "tableware": "kitchen tool", "place": "place", "building": "building", "vehicle": "vehicle", "boat": "boat",
        "aircraft": "flying machine", "sky": "thing in the sky", "weather": "kind of weather", "party": "party thing",
        "sport": "sport thing", "game": "toy", "clothes": "piece of clothing", "music": "thing for music", "electronics": "machine",
        "house": "thing for the house", "office": "thing for school", "tool": "tool", "medical": "thing for a doctor",
        "fantasy": "strange thing"}
WANTS = {  # what somebody says who needs a thing of this kind -> how it is offered
    "food": ["I am hungry.", "What could I eat for lunch?", "What is for dinner?", "I would like something warm to eat."],
    "sweet": ["I want something sweet.", "What is for dessert?", "What can we eat at the party?"],
    "fruit": ["I want to eat something healthy.", "What grows on a tree?", "What is your favourite fruit?"],
    "vegetable": ["What could I put into the soup?", "What grows in the garden?", "What is a healthy food?"],
    "drink": ["I am thirsty.", "What could I drink?", "What would you like to drink?"],
    "clothes": ["What should I wear?", "I need new clothes.", "What can I put on?", "It is cold outside."],
    "music": ["I want to make music.", "What can I play in the band?", "I like songs."],
    "vehicle": ["How can I get to the city?", "I want to drive.", "I am late for work."],
    "boat": ["How can I cross the water?", "I want to go to sea."],
    "aircraft": ["I want to fly.", "How can I travel far away?", "What flies high up?"],
    "sport": ["I want to do some sport.", "What can we play outside?", "I like sport."],
    "game": ["I am bored.", "What can we play?", "I need a gift for a child."],
    "tool": ["I want to build something.", "I have to repair my house.", "What can I use in the workshop?"],
    "office": ["I want to write something.", "What do I need at school?", "I have to work at my desk."],
    "house": ["I need something for my house.", "What is in your room?"],
    "medical": ["I am sick.", "What does a doctor use?", "What do we need in the laboratory?"],
    "flower": ["I need something for my mother.", "What grows in the meadow?"],
    "plant": ["What grows in the forest?", "I want to plant something green."],
    "mammal": ["I like animals.", "Who lives in the forest?", "What animal do you like?", "I would like to have a pet."],
    "bird": ["I like birds.", "Who has wings?", "What sits in the tree?"],
    "sea": ["Who lives in the water?", "What can I see in the sea?", "I like the ocean."],
    "insect": ["What crawls in the grass?", "I am looking for a tiny animal."],
    "reptile": ["Who lies in the sun?", "I am not afraid of wild animals."],
    "sky": ["What is up in the sky?", "What do we see at night?", "It is a clear night."],
    "weather": ["How is the weather?", "What is it like outside?"],
    "place": ["Where should I go on holiday?", "I want to travel."],
    "building": ["What can I see in the city?", "What can we visit?"],
    "party": ["We have a party.", "It is my birthday.", "What do we need for the party?"],
    "electronics": ["I want to see something modern.", "What machine do you like?"],
    "fantasy": ["Tell me something scary.", "I like strange things.", "Who comes at night?"],
    "tableware": ["I have to set the table.", "What is in the kitchen?"],
}


@dataclass(frozen=True)
class Look:
    """What a picture shows; style None where nobody said it."""
    concept: object
    colour: int = NATIVE
    style: int | None = None

    def noun(self):
        return " ".join(filter(None, [COLOURS[self.colour], self.concept.name]))

    def phrase(self):
        """ "a blue fox", "red jeans" """
        return self.noun() if self.concept.plural or self.concept.mass else article(self.noun())


@dataclass(frozen=True)
class Shown:
    look: Look


@dataclass(frozen=True)
class Drawn:
    look: Look


class Given(str):
    """Words that are read and not learned to be said."""


def random_look(rng, colour=0.5, style=0.25, concept=None):
    while True:
        c = concept or rng.choice(CONCEPTS)
        look = Look(c, rng.randrange(1, len(COLOURS)) if rng.random() < colour else NATIVE,
                    rng.randrange(len(STYLE_WORDS)) if rng.random() < style else None)
        if not held_out_pair(c, look.colour):
            return look


def styled(look, rng):
    """The phrase with its style word, if it has one."""
    if look.style is None:
        return look.phrase()
    word = STYLE_WORDS[look.style]
    return rng.choice([f"{look.phrase()} in {word} style", f"{article(word)} drawing of {look.phrase()}", f"{article(word)} picture of {look.phrase()}"])


def caption(look, rng):
    """One of many captions of a picture."""
    if look.style is not None:
        return styled(look, rng)
    return rng.choice([look.phrase()] * 4 + [look.noun(), f"a picture of {look.phrase()}", f"a drawing of {look.phrase()}",
                                             f"this is {look.phrase()}", f"{look.phrase()} on white"])


def capital(text):
    return text[0].upper() + text[1:]


def is_are(c):
    return "are" if c.plural else "is"


def looks(c):
    return ("do", "look") if c.plural else ("does", "look")


SHOW = ["Can you show me {}?", "Show me {}.", "Please show me {}.", "Draw {}.", "Draw me {}, please.", "I would like to see {}.", "Could you paint me {}?",
        "Make a picture of {}.", "What would {} look like?", "Give me {}.", "I want to see {}.", "Paint {} for me.", "How would you draw {}?",
        "Please draw {}.", "I would love {}.", "Do you have a picture of {}?", "May I see {}?", "I like {}.", "{}, please.", "Let me see {}.", "Can you draw {}?"]
EITHER = [""] * 12 + [" or {}", " or {}", " and {}"]  # who leaves the choice gets the first
HERE = ["Here is {}.", "Sure, here is {}.", "This is {}.", "I drew {} for you.", "Look, this is {}.", "Of course, here is {}."]
WHAT = ["What {is} {a}?", "Tell me about {a}.", "Do you know what {a} {is}?", "Can you describe {a}?", "What {does} {a} look like?", "How {does} {a} look?",
        "I have never seen {a}. What is it?", "Tell me something about {a}.", "Tell me about the {n}.", "What do you know about {a}?",
        "Explain {a}.", "What {is} {a} good for?", "Describe {a}.", "Who has {a}?", "Where can I find {a}?", "Can {a} fly?", "Why do people like {a}?",
        "{A}?", "What do you think of {a}?", "{is} {a} big?", "Where {does} {a} live?", "What {does} {a} eat?", "What {does} {a} do?", "Is it true that {a} {fact}?",
        "What are {p}?", "Tell me something about {p}.", "Tell me about {p}.", "Where do {p} live?", "What do {p} eat?", "What do {p} look like?",
        "What do you know about {p}?", "I like {p}.", "What can one do with {p}?", "Can {a} {can}?"]


PLURAL = {"wolf": "wolves", "mouse": "mice", "goose": "geese", "ox": "oxen", "knife": "knives", "sheep": "sheep", "deer": "deer", "fish": "fish",
          "snowman": "snowmen", "tomato": "tomatoes", "potato": "potatoes", "scarf": "scarves", "die": "dice", "cactus": "cacti"}


def plural(c):
    """ "lions", "brushes", "cherries" """
    if c.plural or c.mass:
        return c.name
    *before, word = c.name.split(" ")
    if word not in PLURAL:
        ending = "es" if word.endswith(("s", "x", "ch", "sh")) else "s"
        word = word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + ending
    return " ".join([*before, PLURAL.get(word, word)])


def fact(rng, c):
    """One of the things that are told of it."""
    return rng.choice(c.facts)


def can(c, fact):
    """The fact as one can do it: "flies south" -> "fly south"."""
    verb, _, rest = fact.partition(" ")
    if verb in ("is", "are", "has"):
        verb = "have" if verb == "has" else "be"
    elif not c.plural and verb.endswith("s"):
        if verb.endswith("ies") and len(verb) > 4:
            verb = verb[:-3] + "y"
        else:
            verb = verb[:-2] if verb.endswith(("ches", "shes", "sses", "xes", "oes")) else verb[:-1]
    return re.sub(r" and (\w{3,})s (?=\w)", r" and \1 ", f"{verb} {rest}".strip())


def what_is(c):
    return f"{capital(c.a)} {is_are(c)} {c.what}"


def fill(template, c, told):
    return capital(template.format(a=c.a, A=capital(c.a), n=c.name, p=plural(c), can=can(c, told), fact=told, **{"is": is_are(c), "does": looks(c)[0]}))


LINKS = re.compile(r"(?:^| )(?:with|for|of|from|in|on|at|to|by|into|over|near|like|through|under|between|behind|round|that|which|who|and|is|are)(?= |$)")
EVERYWHERE = set("a an the that very some many small big round long thin good used made worn eaten thing things people you its it where when what with every all animal makes comes goes keeps".split())
FORMS = set("what which how where when why whom else over ago near name call said say says goes went come see look looks find take took use who what's does did can could would should shall will have had like want need show tell something somebody somewhere there them they this these my your our her his she him was were not one never always and for has about give".split())
CLUES = ["What has {o}?", "Which {k} has {o}?", "Which {k} goes with {o}?", "What do I need for {o}?", "What can I use for {o}?", "Show me something with {o}.",
         "Tell me about something with {o}.", "What belongs to {o}?", "What do we see near {o}?", "I think of {o}. What is it?", "What has to do with {o}?",
         "Which {k} do you know with {o}?", "{O}?", "What should I take for {o}?", "Is there {ak} for {o}?", "What do you think of when you hear {o}?",
         "What does {o} have?", "What is there with {o}?", "I am looking for {o}.", "Which {k} helps with {o}?", "What do you say to {o}?"]


@cache
def clues(c):
    """The pieces of what is said of a thing, down to single words: "a small animal with eight legs" -> "small animal", "eight legs", "legs"."""
    pieces = {piece.strip() for said in (c.what, *c.facts) for piece in LINKS.split(said) if piece.strip()}
    words = {word for piece in pieces for word in piece.split() if len(word) > 2}
    return sorted(o for o in pieces | words if not set(o.split()) <= EVERYWHERE)


def telling(question):
    """The words of a question that tell what it is about."""
    return [w for w in re.findall("[a-z]+", question.lower()) if len(w) > 2 and w not in EVERYWHERE | FORMS]


def beginnings(question):
    """Those words' beginnings, for an inflected word is the same word."""
    return {w[:4] for w in telling(question)}


@cache
def asked(c):
    """The questions about a thing that are trained on, and the telling words of each."""
    questions = [q for q in c.questions if q != c.unseen_question]
    return questions, [telling(q) for q in questions]


def hint(rng, c):
    """A question that names a thing by one or two of its clues alone, or by two telling words of another question."""
    known = clues(c)
    o = rng.choice(known)
    words = rng.choice(asked(c)[1])
    if len(words) > 1 and rng.random() < 0.4:
        o = " and ".join(rng.sample(words, 2))
    elif rng.random() < 0.3:
        o += " and " + rng.choice(known)
    word = WORD[c.kind]
    return capital(rng.choice(CLUES).format(o=o, O=capital(o), k=word, ak=article(word)))


ASKED = set((WORLD / "chat_prompts.txt").read_text().splitlines())
SPOILING = [t for t in map(beginnings, ASKED) if len(t) > 1]
# what people connect with a thing: what it is like, what it does, what it is used for, what goes with it, where and when there is one
WORDS = {name: [column.split(", ") for column in columns] for name, *columns in rows("words.tsv")}
SAYINGS = ["What is {like} and {like}?", "Which {k} is {like}?", "Which {like} {k} can {does}?", "What is {like} and can {does}?", "Show me something {like} with {with}.",
           "I want something {like}.", "I would like something {like} and {like}.", "Is there something {like} to {use}?", "What is {like}, {like} and {like}?",
           "Something {like} and {like}, please.", "Do you know a {like} {k} with {with}?", "It is {like} and has {with}. What is it?", "I like {like} things.",
           "What can {does}?", "Who can {does} and {does}?", "Which {k} can {does}?", "Show me something that can {does}.", "What will {does}?", "Does it {does}?",
           "What does one {use} with {with}?", "What can I {use}?", "I want to {use}.", "I need something to {use}.", "I have to {use} the {with}.", "What can I use to {use}?",
           "I need something to {use} the {with}.", "What can {use} {with}?", "What could I {use} now?", "What would you {use}?", "Show me something to {use}.", "What helps to {use}?",
           "What do people {use} at the {where}?", "What can we {use} there? It is {like}.", "I would like to {use} something {like}.", "Which {k} can I {use}?",
           "What do we need for {with}?", "What goes with {with}?", "What belongs to {with} and {with}?", "Which {k} has {with}?", "I think of {with}. What is it?", "I like {with}.",
           "Show me something with {with}.", "Something for {with}?", "What has to do with {with}?", "What is made with {with}?", "What is with {with} and {with}?",
           "What do I see at the {where}?", "What do we have for {where}?", "I think of the {where}.", "What is there at the {where}?", "{where} and {with}?", "I am at the {where}.",
           "What should I take to the {where}?", "What belongs to the {where}?", "Which {k} is there at the {where}?", "Who is at the {where}?", "What do I {use} at the {where}?",
           "{like}, {with}, {where}. What is it?", "{like}, {use}, {with}?", "{with}, {with}, {with}.", "{where}, {like}, {like}?", "{use}, {with}, {where}?", "{does}, {like}, {with}?"]


def saying(rng, c):
    """A question that is put together from words that people connect with a thing, none of the fifty held-out prompts' together."""
    column = dict(zip(("like", "does", "use", "with", "where"), WORDS[c.name]))
    while True:
        used = {}

        def word(slot):
            left = [w for w in column[slot[1]] if w not in used.setdefault(slot[1], [])]
            used[slot[1]].append(rng.choice(left))
            return used[slot[1]][-1]

        said = capital(re.sub(r"\{(like|does|use|with|where)\}", word, rng.choice(SAYINGS)).replace("{k}", WORD[c.kind]))
        said = re.sub(r"\b(?:at|to) the (?=Christmas|Easter|Halloween|Thanksgiving)", "at ", said)
        said = re.sub(r"\b(?:at|to) the (?=[A-Z])", "in ", said)  # countries and cities
        if not any(spoiling <= beginnings(said) for spoiling in SPOILING):
            return said


NEEDS = [(need, fit) for need, names in rows("needs.tsv") if (fit := [BY_NAME[name] for name in names.split(", ") if name in BY_NAME])]  # and what meets them


def said_otherwise(rng, question):
    """The question, half of the time in a chat's company."""
    return rng.choice(["{}"] * 5 + ["{} Can you show me?", "{} What do you think?", "Hello. {}", "Tell me, please. {}", "{} Can you help me?"]).format(question)


MEASURES = {name: (float(size), float(speed)) for name, size, speed in rows("sizes.tsv")}  # in centimetres and km/h


def measured(rng, c, d):
    """Which of two things is bigger or faster, where their measures are clearly apart."""
    which = int(all(MEASURES[x.name][1] for x in (c, d)) and rng.random() < 0.5)
    more, less = sorted((c, d), key=lambda x: -MEASURES[x.name][which])
    if MEASURES[more.name][which] < 1.4 * MEASURES[less.name][which]:
        return [f"Which do you like more, {c.a} or {d.a}?"], f"I like {c.a} more.", Look(c)
    word, one, other = rng.choice([(("bigger", "faster")[which], more, less)] * 2 + [(("smaller", "slower")[which], less, more)])
    question = rng.choice([f"Which is {word}, {{}} or {{}}?", f"Which one is {word}, {{}} or {{}}?", f"What is {word}: {{}} or {{}}?", f"Who is {word}, {{}} or {{}}?"])
    return [question.format(c.a, d.a)], f"{capital(one.a)} {is_are(one)} {word} than {other.a}.", Look(one)


def ask(rng, look=None):
    """One turn: (question parts, answer text, answered look or None)."""
    look = look or random_look(rng)
    c, kind = look.concept, rng.random()
    if kind < 0.18:
        said = rng.choice(SHOW).format(styled(look, rng) + rng.choice(EITHER).format(random_look(rng).phrase()))
        return [capital(said)], rng.choice(HERE).format(styled(look, rng)), look
    look, told = Look(c, NATIVE, None), fact(rng, c)
    if kind < 0.33:
        return [fill(rng.choice(WHAT), c, told)], rng.choice([what_is(c) + ".", f"{what_is(c)}, and it {told}." if not c.plural else what_is(c) + ".",
                                                              f"{capital(c.a)} {told}."]), look
    if kind < 0.66:
        c = rng.choice(CONCEPTS)
        word, told, thing = WORD[c.kind], fact(rng, c), "things" if c.plural else "something"
        if kind < 0.43:
            question = rng.choice([f"Which {word} {told}?", f"What {told}?", f"What {is_are(c)} {c.what}?", f"I am looking for {thing} that {told}.",
                                   f"I need {thing} that {told}.", f"Show me {thing} that {told}.",
                                   f"What can {can(c, told)}?", f"Who can {can(c, told)}?", f"Which {word} can {can(c, told)}?", f"Show me {article(word)} that {told}.",
                                   f"What do you call {c.what}?", f"Which {word} {is_are(c)} {c.what}?", f"Who {told}?"])
        elif kind < 0.46:
            question = hint(rng, c)
        elif kind < 0.52:
            question = said_otherwise(rng, saying(rng, c))
        else:
            question = said_otherwise(rng, rng.choice(asked(c)[0]))
        return [question], rng.choice([f"It is {c.a}.", f"{capital(c.a)} {told}.", f"That is {c.a}, {c.what}.", f"You mean {c.a}.", f"I think of {c.a}, {c.what}."]), Look(c)
    if kind < 0.91:
        if kind < 0.84:
            question, fit = rng.choice(NEEDS)
            c = rng.choice(fit)
            word, question = WORD[c.kind], said_otherwise(rng, question)
        else:
            wish = rng.choice(list(WANTS))
            c = rng.choice([x for x in CONCEPTS if x.kind == wish] or CONCEPTS)
            word = WORD[c.kind]
            question = rng.choice(WANTS[wish] + [f"Show me {article(word)}.", f"Do you know {article(word)}?", f"What is your favourite {word}?", f"Show me some {word}.", f"I need {article(word)}.",
                                                 f"Tell me about {article(word)}.", said_otherwise(rng, rng.choice(WANTS[wish])), said_otherwise(rng, rng.choice(WANTS[wish]))])
        return [question], rng.choice([f"How about {c.a}?", f"I think of {c.a}, {c.what}.", f"You could take {c.a}.", f"My favourite {word} {is_are(c)} {c.a}.",
                                       f"Here is {c.a}, {c.what}."]), Look(c)
    if kind < 0.97:
        d = rng.choice([x for x in CONCEPTS if x.kind == c.kind and x != c] or CONCEPTS)
        if rng.random() < 0.4:
            return measured(rng, c, d if rng.random() < 0.4 else rng.choice([x for x in CONCEPTS if x != c]))
        question = rng.choice(["What is the difference between {} and {}?", "Compare {} and {}.", "How are {} and {} different?", "Would you rather have {} or {}?",
                               "Which do you like more, {} or {}?", "What do you want, {} or {}?"]).format(c.a, d.a)
        if question.startswith(("What is", "Compare", "How")):
            return [question], f"{what_is(c)}, but {d.a} {is_are(d)} {d.what}.", Look(c)
        return [question], rng.choice([f"I think it is {c.a}, {c.what}.", f"I would take {c.a}, because {'they' if c.plural else 'it'} {told}.", f"I like {c.a} more."]), Look(c)
    small = rng.choice([("Hello.", "Hello, what would you like to see?"), ("Thank you.", "You are welcome."), ("Who are you?", "I am a small model that can draw."),
                        ("Good morning.", "Good morning, what shall I draw?"), ("How are you?", "I am fine, thank you."), ("Thanks, that is nice.", "You are welcome."),
                        ("What can you do?", "I can talk about many things and draw them."), ("Bye.", "Goodbye.")])
    return [small[0]], small[1], None


def follow(rng, look):
    """A turn about the picture before it."""
    c = look.concept
    other = random_look(rng, colour=1, style=0, concept=c)
    style = Look(c, look.colour, rng.randrange(len(STYLE_WORDS)))
    colour, word = COLOURS[other.colour], STYLE_WORDS[style.style]
    turns = [([rng.choice([f"Can you make it {colour}?", f"Now in {colour}, please.", f"And {article(colour)} one?", f"Please make it {colour}.", f"The same in {colour}."])],
              rng.choice(HERE).format(other.phrase()), other),
             ([rng.choice([f"And in {word} style?", f"Please draw it in {word} style.", f"The same in {word} style."])], rng.choice(HERE).format(f"{style.phrase()} in {word} style"), style),
             ([rng.choice(["Tell me more about it.", "What is that?", "What does it do?"])], rng.choice([f"{capital(c.a)} {fact(rng, c)}.", what_is(c) + "."]), Look(c)),
             ([rng.choice(["What is it?", "What is this?", "What do you see?", "What is in the picture?"])], rng.choice([f"It is {look.phrase()}.", f"I see {look.phrase()}."]), look)]
    if look.colour != NATIVE:
        turns.append(([rng.choice(["What colour is it?", "Which colour does it have?"])], f"It is {COLOURS[look.colour]}.", None))
    return rng.choice(turns)


def aloud(rng, look, asked=0.25):
    """What follows a picture of this look: a caption, or sometimes a question about it with its answer."""
    if rng.random() < asked:
        (question,), answer, _ = follow(rng, look)
        return f"Q: {question}\nA: {answer}\n"
    return caption(look, rng)


LOST = 0.4  # of the chats of several turns: only the last answer has its picture


def chat(rng):
    """One to four turns in the demo's form; a question may begin with a picture. At times earlier answers have lost theirs, as chats sent by others have."""
    parts, last, before = [], None, 0
    for turn in range(rng.choice([1, 1, 1, 2, 3, 4])):
        if last is None and rng.random() < 0.25:
            look = random_look(rng)
            question, answer, drawn = follow(rng, look)
            question = [Shown(look), *question]
        elif last is not None and rng.random() < 0.5:
            question, answer, drawn = follow(rng, last)
        else:
            question, answer, drawn = ask(rng)
        if question[-1] in ASKED:  # the evaluation's own prompts
            continue
        before = len(parts)
        if isinstance(question[0], Shown):
            parts += [question[0], "Q: " + question[1]]
        else:
            parts.append(("\n" if parts else "") + "Q: " + question[0])
        parts.append("\nA: " + answer)
        if drawn is not None:
            parts.append(Drawn(drawn))
            last = drawn
    if before and rng.random() < LOST:
        parts[:before] = [Given(p) if isinstance(p, str) else p for p in parts[:before] if not isinstance(p, Drawn)]
    return parts + ["\n"] if parts else chat(rng)


def _stories():
    told = rows("stories.tsv")
    return {split: [[s.rsplit("#", 1) for s in row[1:]] for row in told if row[0] == split] for split in ("train", "test")}


def _sentences():
    """{role: its sentences}."""
    roles = {}
    for role, sentence in rows("sentences.tsv"):
        roles.setdefault(role, []).append(sentence)
    return roles


STORIES, SENTENCES = _stories(), _sentences()
COMPOSED = 0.85  # of the training stories: 34 templates alone are learnt by heart, and say nothing of how another story goes
PLOTS = {("begin", "side", "side", "plain", "end"): 4, ("begin", "side", "side", "again", "end"): 2, ("begin", "again", "side", "side", "end"): 3,
         ("setting", "begin", "side", "side", "end"): 5, ("setting", "begin", "again", "side", "end"): 2, ("setting", "begin", "side", "plain", "end"): 3,
         ("begin", "side", "plain", "side", "end"): 3, ("begin", "plain", "side", "side", "end"): 2, ("begin", "side", "side", "side", "end"): 1,
         ("begin", "again", "side", "plain", "end"): 2}
WHEN = ["One day", "One morning", "Last week", "Last year", "In spring", "In autumn", "On Friday", "At noon", "A year ago", "After school", "During the holidays",
        "In the afternoon", "Long ago", "Yesterday", "As a child", "After a long search", "By chance", "To begin with", "For years"]
WHERE = ["near the lake", "at the station", "in the kitchen", "in the yard", "by the road", "on the hill", "in the next village", "at the market", "on the beach",
         "in an old chest", "under the stairs", "behind the barn", "at the fair", "in the city", "on the roof", "in the snow", "from far away", "for a friend"]


def composed(rng):
    """A story put together from sentences: [(sentence, "h", "1" or "2" for its picture)].

    Its plot names their roles: the hero comes in with "begin", another thing with "side", either with "thing"; "again" and "end" speak of
    the hero, "setting" and "plain" of neither. Most things come in with "thing", so that only the order and what is said later tell which
    is the hero.
    """
    plot, told, others = rng.choices(list(PLOTS), PLOTS.values())[0], [], 0
    for role in plot:
        sentence = rng.choice(SENTENCES["thing" if role in ("begin", "side") and rng.random() < 0.75 else role])
        if role == "begin" and sentence.startswith("{name}") and rng.random() < 0.3:
            sentence = f"{rng.choice(WHEN)} {sentence}"
        if sentence.endswith("{x}.") and rng.random() < 0.3:
            sentence = f"{sentence[:-1]} {rng.choice(WHERE)}."
        if role == "side":
            others = others % 2 + 1
        seen = str(others or 1) if role in ("side", "setting") else told[-1][1] if role == "plain" else "h"
        told.append((sentence.replace("{x}", "{hero}" if role == "begin" else "{o%d}" % others), seen))
    return told


def story(rng, split="train", told=None):
    """(five sentences, five looks). `told` says where the hero is named: in words "all", "concept", "colour" or "none".

    What the words leave out is seen only in the pictures of the hero, which share one colour and one style.
    """
    sentences = composed(rng) if split == "train" and rng.random() < COMPOSED else rng.choice(STORIES[split])
    told = told or rng.choice(["all", "all", "concept", "colour", "none"])
    hero = random_look(rng, colour=0.8, style=1)
    o1, o2 = (random_look(rng, colour=0, style=0) for _ in range(2))
    (name, he), (other, _) = rng.sample(NAMES, 2)
    word = WORD[hero.concept.kind]
    plain = Look(hero.concept)
    if told == "all":
        said, the = Look(hero.concept, hero.colour).phrase(), "the " + hero.concept.name
    elif told == "concept":
        said, the = plain.phrase(), "the " + hero.concept.name
    elif told == "colour":
        said, the = article(" ".join(filter(None, [COLOURS[hero.colour], word]))), "the " + word
    else:
        said, the = "something", "it"
    words = dict(name=name, he=he, other=other, hero=said, the=the, it="it", o1=o1.phrase(), o2=o2.phrase())
    seen = {"h": hero, "1": Look(o1.concept, NATIVE, hero.style), "2": Look(o2.concept, NATIVE, hero.style)}
    return [capital(s.format(**words)) for s, _ in sentences], [seen[p] for _, p in sentences]


def tale(rng):
    """A story as a document: some sentences with their pictures, the last one answered by one."""
    sentences, seen = story(rng)
    shown = rng.random() < 0.6
    parts = []
    for text, look in zip(sentences, seen):
        parts.append((" " if parts and isinstance(parts[-1], str) else "") + text)
        if len(parts) and text is not sentences[-1] and shown:
            parts.append(Shown(look))
    return parts + [Drawn(seen[-1])]


def dialogue(rng, rounds=10, look=None):
    """VisDial's shape: ten questions that narrow a picture down; [(question, answer)], look."""
    look = look or random_look(rng, colour=0.8, style=0.7)
    c = look.concept
    yes = lambda kinds: "Yes." if c.kind in kinds else "No."
    alive = {"mammal", "bird", "reptile", "sea", "insect"}
    other = rng.choice([x for x in CONCEPTS if x.kind == c.kind and x != c] or CONCEPTS)
    colour = f"It is {COLOURS[look.colour]}." if look.colour else "It has its usual colours."
    style = f"It is drawn in {STYLE_WORDS[look.style]} style." if look.style is not None else "It is just a drawing."
    vague = [("Is it an animal?", yes(alive)), ("Can I eat it?", yes({"fruit", "vegetable", "food", "sweet"})), ("Is it a plant?", yes({"flower", "plant", "fruit", "vegetable"})),
             ("Is it a thing for the house?", yes({"house", "tableware"})), ("Can I wear it?", yes({"clothes"})), ("Does it drive?", yes({"vehicle"})),
             ("Is it on white?", "Yes."), ("Is it alone in the picture?", "Yes."), ("Is it a photo?", "No, it is a drawing.")]
    middle = [("What kind of thing is it?", f"It is {article(WORD[c.kind])}."), ("What colour is it?", colour), ("How is it drawn?", style),
              ("What do you know about it?", f"It {fact(rng, c)}."), (f"Is it {other.a}?", "No.")]
    late = [("Can you describe it?", f"It is {c.what}."), ("So what is it?", f"It is {c.a}."), ("Are you sure?", "Yes."), ("Is that all?", "Yes.")]
    rng.shuffle(vague), rng.shuffle(middle)
    return (vague[:2] + middle[:3] + late[:1] + middle[3:] + late[1:])[:rounds], look


def dialogue_text(rounds):
    return "\n".join(f"Q: {q}\nA: {a}" for q, a in rounds)


def guessing(rng):
    rounds, look = dialogue(rng)
    return [dialogue_text(rounds) + "\n", Drawn(look)]


def captioned(rng):
    look = random_look(rng, style=0.35)
    return [Shown(look), caption(look, rng)] if rng.random() < 0.5 else [caption(look, rng), Drawn(look)]


def named(rng):
    """A picture asked for by a bare name, which begins a document as it seldom stands in a sentence: without a space before it."""
    look = random_look(rng, colour=0.2, style=0)
    return [look.noun(), Drawn(look)]


def facts(rng):
    c = rng.choice(CONCEPTS)
    it = "They" if c.plural else "It"
    told, other = rng.sample(c.facts, 2)
    return [rng.choice([f"{what_is(c)}. {it} {told}.", f"{capital(c.a)} {told}. {it} {is_are(c)} {c.what}.", f"{c.name}: {c.what}. {it} {told}.",
                        f"{what_is(c)}. {it} {told}. {it} {other}."]), Drawn(Look(c))]


def riddles(rng):
    """Many short questions, each of a few words that people connect with its answer."""
    turns = []
    for c in rng.choices(CONCEPTS, k=8):
        turns.append(f"Q: {saying(rng, c)}\nA: " + rng.choice(["It is {}.", "You mean {}.", "That is {}.", "I think of {}.", "How about {}?", "You could take {}."]).format(c.a))
    return ["\n".join(turns)]


KINDS_OF_DOCUMENT = [(captioned, 0.12), (named, 0.03), (facts, 0.05), (chat, 0.43), (tale, 0.19), (guessing, 0.04), (riddles, 0.14)]


def document(rng):
    return rng.choices([k for k, _ in KINDS_OF_DOCUMENT], [w for _, w in KINDS_OF_DOCUMENT])[0](rng)


def as_text(parts, rng):
    """A document without pictures: given ones become their caption, answered ones at times a line that names them."""
    out, naming = "", rng.random() < 0.7
    for part in parts:
        if isinstance(part, Shown):
            out += ("\n" if out else "") + f"Picture: {caption(part.look, rng)}\n"
        elif isinstance(part, Drawn):
            if naming:
                out += f"\nPicture: {styled(part.look, rng)}"
        else:
            out += part if not out.endswith("\n") else part.lstrip("\n")
    return out.strip("\n") + ("\n" if out.startswith("Q:") or "\nQ:" in out else "")


def corpus(seed, count):
    rng = random.Random(seed)
    return [as_text(document(rng), rng) for _ in range(count)]


def run():
    """work/lm_tokenizer (GPT-2's byte-level form) and work/clip_tokenizer (CLIP's `</w>` form): vocab.json, merges.txt."""
    held_out = {re.sub(r"\{(hero|o1|o2)\}", "{x}", sentence) for told in STORIES["test"] for sentence, _ in told}
    assert held_out.isdisjoint(s for some in SENTENCES.values() for s in some), "a held-out story's sentence is trained on"
    if (WORK / "clip_tokenizer" / "merges.txt").exists():
        return
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    from .tokens import clip_pattern
    rng = random.Random(7)
    words = [w for row in rows("later.tsv") for w in row] + keywords()
    lines = corpus(7, 500 if SMOKE else 60_000)
    byte_level = Tokenizer(models.BPE())
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.train_from_iterator(lines + [f"a {w}" for w in words], trainers.BpeTrainer(
        vocab_size=4096, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    write(byte_level, WORK / "lm_tokenizer")
    captions = [caption(random_look(rng, style=0.35), rng) for _ in range(500 if SMOKE else 40_000)]
    clip = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    clip.normalizer = normalizers.Lowercase()
    clip.pre_tokenizer = clip_pattern()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    clip.train_from_iterator(captions + words, trainers.BpeTrainer(vocab_size=2000, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False))
    write(clip, WORK / "clip_tokenizer", alphabet)


def write(tokenizer, folder, clip_alphabet=None):
    """vocab.json and merges.txt; CLIP's vocabulary begins with the bytes, the bytes at a word's end, then the merges."""
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    vocab = model["vocab"]
    if clip_alphabet:
        ordered = sorted(clip_alphabet) + [b + "</w>" for b in sorted(clip_alphabet)] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
        vocab = {token: i for i, token in enumerate(dict.fromkeys(ordered))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))


def keywords():
    """Names and tags of all emojis, so that words beyond the world are whole tokens too."""
    import subprocess
    import tarfile
    folder = WORK / "npm"
    archive = folder / "emojibase-data-17.0.0.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", "emojibase-data@17.0.0"], cwd=folder, check=True)
    with tarfile.open(archive) as tar:
        rows = json.load(tar.extractfile("package/en/data.json"))
    return [w.lower() for row in rows if row.get("group", 9) not in (2, 9) for w in [row["label"], *row.get("tags", [])]]
