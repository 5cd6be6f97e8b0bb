"""The two tokenizers read back from vocab.json and merges.txt, with the ids GILL adds."""
from functools import cache

import torch
from tokenizers import ByteLevelBPETokenizer, Regex, Tokenizer, models, normalizers, pre_tokenizers

from .common import DEVICE, WORK

BOS, PAD = 2, 1
LENGTH = 16  # positions of the CLIP text encoders


@cache
def language():
    folder = WORK / "lm_tokenizer"
    return ByteLevelBPETokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))


def vocabulary():
    return language().get_vocab_size()


def image_ids():
    """Ids of [IMG0]..[IMG7]; <|image|> comes right before them."""
    return [vocabulary() + 1 + i for i in range(8)]


def encode(text):
    return language().encode(text).ids


def decode(ids):
    return language().decode([i for i in ids if 3 < i < vocabulary()])


def clip_pattern():
    """How CLIP cuts lower-cased text into words before its bytes are merged."""
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


@cache
def _clip():
    folder = WORK / "clip_tokenizer"
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt"), end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = clip_pattern()
    return tokenizer


def clip_size():
    return _clip().get_vocab_size()


def clip_ids(texts):
    """(B, 16): BOS, the text, then EOS to the end, as Stable Diffusion pads."""
    bos, eos = clip_size() - 2, clip_size() - 1
    rows = [[bos, *e.ids[:LENGTH - 2]] for e in _clip().encode_batch(list(texts))]
    return torch.tensor([r + [eos] * (LENGTH - len(r)) for r in rows], device=DEVICE)
