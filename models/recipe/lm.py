"""Stage 4: the OPT-style language model, on text alone; from then on it is frozen."""
import random

import torch
import torch.nn.functional as F
from transformers import OPTConfig, OPTForCausalLM

from . import tokens
from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .text import corpus

STEPS, BATCH, WINDOW = (3 if SMOKE else 1500), 8, 256
PADDING = 8  # rows beyond the vocabulary, as in OPT


def build():
    return OPTForCausalLM(OPTConfig(
        vocab_size=tokens.vocabulary() + PADDING, hidden_size=256, word_embed_proj_dim=256, num_hidden_layers=4, ffn_dim=1024,
        num_attention_heads=4, max_position_embeddings=512, dropout=0.0, attention_dropout=0.0, bos_token_id=2, eos_token_id=2,
        pad_token_id=1, do_layer_norm_before=True)).to(DEVICE)


def windows(step):
    """(8, 256) ids: fresh documents joined with BOS before each, cut into windows."""
    ids, seed = [], step * 1000
    while len(ids) < BATCH * WINDOW:
        for text in corpus(seed, 80):
            ids += [tokens.BOS, *tokens.encode(text)]
        seed += 1
    return torch.tensor(ids[:BATCH * WINDOW], device=DEVICE).view(BATCH, WINDOW)


def run(steps=STEPS, minutes=None):
    torch.manual_seed(2)
    model = build()

    def loss_of(step):
        ids = windows(step + 1)
        with autocast():
            logits = model(input_ids=ids).logits
        return F.cross_entropy(logits[:, :-1].float().flatten(0, 1), ids[:, 1:].flatten()), {}

    train("lm", model, loss_of, steps, lr=2e-3, warmup=150, decay=0.05, minutes=minutes)
    save(WORK / "lm_final.pt", model.state_dict())
    print(sample(model, ["Q: Show me a blue fox.\nA:", "Q: What is a guitar?\nA:", "Q: I am thirsty.\nA:", "Once there was"]), flush=True)


def trained():
    model = build()
    model.load_state_dict(load(WORK / "lm_final.pt"))
    return model.eval().requires_grad_(False)


@torch.no_grad()
def sample(model, prompts, length=24):
    """Greedy continuations."""
    answers = []
    for prompt in prompts:
        ids = torch.tensor([[tokens.BOS, *tokens.encode(prompt)]], device=DEVICE)
        for _ in range(length):
            ids = torch.cat([ids, model(input_ids=ids).logits[:, -1:].argmax(-1)], 1)
        answers.append(tokens.decode(ids[0].tolist()))
    return answers
