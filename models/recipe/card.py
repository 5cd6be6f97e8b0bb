"""The model card, written from the measured figures."""
from .common import HERE, MODEL
from .gill import ABLATIONS
from .unet import GUIDANCE
from .world import CONCEPTS, STYLES


# what is asked of the model: (words, path in metrics.json, at least)
BARS = [("the right concept is retrieved first", "retrieval/right concept first", 0.9), ("it is among the ten best", "retrieval/R@10", 0.98),
        ("drawn from text: concept in the top 1", "from_text/all concepts/text encoder/top 1", 0.6),
        ("drawn from text: concept in the top 5", "from_text/all concepts/text encoder/top 5", 0.8),
        ("colour of unseen pairs", "from_text/unseen pairs/text encoder/colour", 0.8), ("GILL against the text encoder", "from_text/GILL \\ text encoder", 0.9),
        ("captions of unseen drawings name the concept", "captions/concept named", 0.8),
        ("stories: 5 captions add", "stories/gain/5 captions - 1 caption", 0.0), ("stories: 4 pictures add", "stories/gain/5 captions + 4 pictures - 5 captions", 0.0),
        *[(f"stories: GILLMapper above the {name.replace('_', ' ')} map", f"stories/gain/gill mapper - {name}", 0.0) for name in ABLATIONS],
        ("decision, macro F1", "decisions/macro F1", 0.85)]


def verdicts(metrics):
    for words, path, least in BARS:
        value = metrics
        for key in path.split("/"):
            value = value.get(key.replace("\\", "/")) if isinstance(value, dict) else None
        reached = value["low" if "add" in words else "value"] if isinstance(value, dict) else value
        yield f"| {words} | {least} | {'not measured' if reached is None else 'reached' if reached >= least else 'falls short'} |"


def figure(value):
    if isinstance(value, dict) and "low" in value:
        return f"{value['value']:.3f} ({value['low']:.3f}–{value['high']:.3f}, n = {value['n']})"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def rows(metrics, names=()):
    """Flattens nested figures to `name | figure` lines."""
    for key, value in metrics.items():
        if isinstance(value, dict) and "low" not in value:
            yield from rows(value, (*names, key))
        elif not isinstance(value, list):
            yield f"| {', '.join((*names, key)).replace('_', ' ')} | {figure(value)} |"


def read_by_hand(chats):
    """Whether a reader found each answer on topic, from results/chats_read.tsv (prompt, answer, yes or no); "not read" where it is another answer."""
    path = HERE / "results/chats_read.tsv"
    read = {tuple(row[:2]): row[2] for row in (line.split("\t") for line in path.read_text().splitlines())}
    return [read.get((c["prompt"], c["answer"]), "not read") for c in chats]


def write(metrics):
    on_topic = read_by_hand(metrics["chats"])
    chats = "\n".join(f"| {c['prompt']} | {c['answer']} | {c['picture']} | {read} |" for c, read in zip(metrics["chats"], on_topic))
    figures = "\n".join(rows({k: v for k, v in metrics.items() if k != "chats"}))
    (MODEL / "MODEL_CARD.md").write_text(f"""# gill-tiny

A complete GILL in small: an OPT-style language model, CLIP, a latent diffusion model, GILL's visual prefix, `[IMG]` tokens, retrieval
heads and GILLMapper, the three maps of the paper's ablation, a decision head, and a collection of pictures to retrieve from. Every file
has the official layout. `models/recipe` trained it from nothing on a drawn world of {len(CONCEPTS)} things in {len(STYLES)} art styles
({", ".join(STYLES)}), as drawn and in seven colours. One-colour and coloured icons and clip art
of the same things, and the sets' drawings of other things, taught CLIP's vision tower what names a thing, whoever draws it.

**What it is not.** It knows only its drawn world: photographs mean nothing to it, and neither do words that the world lacks. Its facts are
a few sentences a thing. It is for trying out, testing and demonstrating the library. It has no safety checker and needs none.

## Measured

By `python -m recipe evaluate`, on what was never trained on: one drawing of each thing, 10% of the colour × thing pairs, whole story
templates, one art style. In brackets the 95% interval. Pictures are judged by a separately trained classifier; its own accuracy on real drawings
that it has not seen is among the rows. Pictures: PNDM, 25 steps, guidance {GUIDANCE}.

| measure | reached |
|---|---|
{figures}

## Asked and reached

| asked | at least | |
|---|---|---|
{chr(10).join(verdicts(metrics))}
| chats on topic, as read by hand | {len(on_topic)} | {on_topic.count("yes")}: {"reached" if set(on_topic) == {"yes"} else "falls short"} |

## Chat

The fifty prompts that were written before training and kept out of it, asked as `Q: …\\nA:` with greedy decoding and the `[IMG0]` factor 1.3.
On topic, as a reader found it, is an answer about what was asked, whether or not it says all that was asked for.

| prompt | answer | picture | on topic |
|---|---|---|---|
{chats}

## Ablation maps

`ablations/linear.pth.tar`, `mlp.pth.tar` and `transformer_encoder.pth.tar` are whole checkpoints; to use one, put it in the place of
`pretrained_ckpt.pth.tar` and name it in `model_args.json` as `text_fc_mode`. They were trained beside GILLMapper on the same states.

## Licences

Weights and recipe: Apache-2.0. The drawings: see NOTICE and candidates.tsv.
""")
