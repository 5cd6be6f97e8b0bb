"""Stage 4: the OPT-style language model, on text alone; from then on it is frozen."""
import random

import torch
import torch.nn.functional as F
from torch import nn
from transformers import OPTConfig, OPTForCausalLM

from . import tokens
from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .muon import inner
from .text import Look, caption, corpus, random_look
from .world import COLOURS, CONCEPTS

STEPS, BATCH, WINDOW, AHEAD, BLURRED = (3 if SMOKE else 1500), (64 if DEVICE == "cuda" else 8), 256, 5, 0.2
PADDING = 8  # rows beyond the vocabulary, as in OPT


def build():
    return OPTForCausalLM(OPTConfig(
        vocab_size=tokens.vocabulary() + PADDING, hidden_size=256, word_embed_proj_dim=256, num_hidden_layers=4, ffn_dim=1024,
        num_attention_heads=4, max_position_embeddings=512, dropout=0.0, attention_dropout=0.0, bos_token_id=2, eos_token_id=2,
        pad_token_id=1, do_layer_norm_before=True)).to(DEVICE)


def windows(step):
    """(BATCH, 256) ids: fresh documents joined with BOS before each, cut into windows."""
    ids, seed = [], step * 1000
    while len(ids) < BATCH * WINDOW:
        for text in corpus(seed, 80):
            ids += [tokens.BOS, *tokens.encode(text)]
        seed += 1
    return torch.tensor(ids[:BATCH * WINDOW], device=DEVICE).view(BATCH, WINDOW)


def blurred(x):
    """Embeddings (B, T, 256), in every other window some a mixture with another of their window's.

    The visual prefix is linear: what CLIP takes for a fox or a wolf becomes something between both words, which the model should have met.
    """
    b, t, _ = x.shape
    other = x.gather(1, torch.randint(t, (b, t, 1), device=x.device).expand_as(x))
    share = 0.5 * torch.rand(b, t, 1, device=x.device) * (torch.rand(b, t, 1, device=x.device) < BLURRED)
    return x.lerp(other, share * (torch.arange(b, device=x.device) % 2)[:, None, None])


class Ahead(nn.Module):
    """The language model with throw-away heads that read the tokens after next off its states (Gloeckle et al., 2024).

    The states of a large model tell more than its next token; those of a small one have to be asked for it. They are asked where a
    picture's line begins, since that is where [IMG0]..[IMG7] will stand, and at as many other places.
    """

    def __init__(self):
        super().__init__()
        self.lm = build()
        self.heads = nn.ModuleList(nn.Linear(256, 256) for _ in range(AHEAD))

    def forward(self, ids):
        """Mean cross-entropy of the next token, and of the tokens after it."""
        states = self.lm.model.decoder(inputs_embeds=blurred(self.lm.model.decoder.embed_tokens(ids))).last_hidden_state  # (B, T, 256)
        following = F.cross_entropy(self.lm.lm_head(states)[:, :-1].float().flatten(0, 1), ids[:, 1:].flatten())
        asked = (ids == tokens.encode("Picture")[0])[:, :WINDOW - AHEAD - 2]
        asked = asked | asked.roll(1, 1) | F.pad(asked, (1, 0))[:, :-1] | (torch.rand(asked.shape, device=ids.device) < asked.float().mean() * 3)
        b, t = asked.nonzero().unbind(1)
        later = sum(F.cross_entropy(self.lm.lm_head(head(states[b, t])).float(), ids[b, t + n]) for n, head in enumerate(self.heads, 2)) / AHEAD
        return following, later


def said_of_pictures():
    """The tokens that captions are made of."""
    rng = random.Random(0)
    looks = [Look(c, colour) for c in CONCEPTS for colour in range(len(COLOURS))]
    said = [words for look in looks for words in (look.noun(), " " + look.phrase())] + [caption(random_look(rng, style=0.35), rng) for _ in range(4000)]
    return sorted({token for words in said for token in tokens.encode(words)})


def run(steps=STEPS, minutes=None):
    torch.manual_seed(2)
    model = Ahead().to(DEVICE)
    again = (WORK / "lm_final.pt").exists()  # a restored one; a checkpoint of this stage comes before it
    if again:
        model.lm.load_state_dict(load(WORK / "lm_final.pt"))

    table = model.lm.get_input_embeddings().weight
    held = said_of_pictures() if (WORK / "reader_final.pt").exists() else []
    aimed_at = table.detach()[held].clone()

    def hold():
        """Keeps the embeddings that the reader of pictures aims at, where there is one."""
        table.data[held] = aimed_at

    def loss_of(step):
        with autocast():
            following, later = model(windows(step + 1))
        return following + 0.5 * later, {"next": following.detach(), "later": later.detach()}

    gently = dict(lr=4e-4, ratio=3) if again else dict(lr=1e-3)  # at 4e-4 and 20, eight windows a step wiped out what it knew
    train("lm", model, loss_of, steps, warmup=100, decay=0.05, after=hold, minutes=minutes, muon=inner, **gently)
    save(WORK / "lm_final.pt", model.lm.state_dict())
    print(sample(model.lm, ["Q: Show me a blue fox.\nA:", "Q: What is a guitar?\nA:", "Q: I am thirsty.\nA:", "Once there was"]), flush=True)


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
