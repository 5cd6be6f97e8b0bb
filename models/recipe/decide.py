"""Stage 5d: CLIP's vision tower decides: two more layers say clearly what the tower holds likeliest.

A drawing by an unknown hand leaves the tower in doubt, its state lies between those of several things, and a language model that
reads such a state through a linear layer says none of their names. What the tower itself would answer (Sight's heads) is taken as
settled here, right or wrong, and the class token's state moves more than half of the way to where pictures of that thing, colour and style lie.
The layers' attention is nought. The first one begins as an associative memory (Ramsauer et al., 2021): a hidden unit for each thing,
which that thing's logit opens, adds what the thing's pictures have in common.
"""
import torch
import torch.nn.functional as F
from torch import nn
from transformers.models.clip.modeling_clip import CLIPEncoderLayer

from . import clip
from .common import DEVICE, SMOKE, WORK, Ema, autocast, load, save, train
from .data import distort, pick, restyle, turn_hues
from .hands import Hands
from .sight import Sight
from .world import COLOURS, CONCEPTS, STYLES

STEPS, VIEWS, BATCH, NEW, MIXED, OWN = (3 if SMOKE else 4000), (1 if SMOKE else 12), 1024, 2, 0.5, 0.4
OPENS, ADDS = 4.0, 0.3  # the logit from which on a unit is open; how much it adds


def states(sight, hands):
    """(N, 192) states of the class token after the tower's last layer, of all that it learnt from, distorted; first of the drawings as they are."""
    data, vision, seen = hands.data, sight.vision, []

    def see(x, change=lambda x: distort(x, warp=clip.WARP)):
        with torch.no_grad(), autocast():
            h = vision.pre_layrnorm(vision.embeddings(clip.normalise(change(x.to(DEVICE)))))
            seen.append(vision.encoder(inputs_embeds=h).last_hidden_state[:, 0].float())

    for change in (lambda x: x, lambda x: distort(x, warp=clip.WARP)):
        for ids in data.train.split(256):
            see(data.batch(ids), change)
    for _ in range(VIEWS):
        for ids in data.sample(512, native=1).split(256):
            see(restyle(data.batch(ids)))
        see(hands.sketches.sample(256)[0])
        see(turn_hues(hands.clipart.sample(256)[0], 0.5))
        see(restyle(hands.others.sample(256)[0]))
    return torch.cat(seen)


def parts(states, kinds, ridge=1.0):
    """Least squares of states (N, V) as the sum of a row for each of their `kinds`, a list of (N,) indices with their sizes: one table for each."""
    rows = torch.cat([F.one_hot(k, n) for k, n in kinds], 1).float()
    table = torch.linalg.solve(rows.T @ rows + ridge * torch.eye(rows.shape[1], device=rows.device), rows.T @ states)
    return table.split([n for _, n in kinds])


class Deciding(nn.Module):
    """The new layers on the class token's state alone (N, V)."""

    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList(CLIPEncoderLayer(config) for _ in range(NEW))
        for layer in self.layers:
            for p in (*layer.self_attn.parameters(), layer.mlp.fc2.weight, layer.mlp.fc2.bias):  # it begins by changing nothing
                nn.init.zeros_(p)
            layer.self_attn.requires_grad_(False)
            layer.layer_norm1.requires_grad_(False)

    @torch.no_grad()
    def remember(self, head, norm, things, scale):
        """A unit for each thing in the first layer: `head` on states normalised by `norm` opens it, `things` (C, V) are what it adds."""
        mlp, count = self.layers[0].mlp, len(things)
        mlp.fc1.weight[:count] = head.weight * norm.weight
        mlp.fc1.bias[:count] = head.weight @ norm.bias + head.bias - OPENS
        mlp.fc2.weight[:, :count] = (ADDS * scale * (things - things.mean(0)) / norm.weight).T

    def forward(self, h):
        for layer in self.layers:
            h = h + layer.mlp(layer.layer_norm2(h))
        return h


def run(steps=STEPS, minutes=None):
    torch.manual_seed(14)
    model, hands = clip.trained(clip.LAYERS), Hands()
    data = hands.data
    sight = Sight(model, hands.others.count).to(DEVICE)
    sight.load_state_dict(load(WORK / "sight.pt")["ema"])
    sight.eval().requires_grad_(False)
    norm, seen = sight.vision.post_layernorm, states(sight, hands)
    print(f"decide: {len(seen)} states", flush=True)

    def named(state):
        """(N,) concepts, colours and styles that the tower's heads name."""
        return [head(state).argmax(-1) for head in sight.heads[:3]]

    clear, (_, colour, _) = norm(seen[:len(data.train)]), named(norm(seen[:len(data.train)]))
    sizes = [len(CONCEPTS), len(COLOURS), len(STYLES)]
    tables = parts(clear, list(zip((data.concept[data.train].to(DEVICE), colour, data.style[data.train].to(DEVICE)), sizes)))
    spread = clear.std(0)
    deciding = Deciding(model.config.vision_config).to(DEVICE)
    deciding.remember(sight.heads[0], norm, tables[0], seen.std(1).mean())

    def loss_of(step):
        mixed = (torch.rand(BATCH, 1, device=DEVICE) < MIXED) * torch.rand(BATCH, 1, device=DEVICE) * 0.6
        h = pick(seen, BATCH).lerp(pick(seen, BATCH), mixed)
        state = norm(h)
        kinds = named(state)
        decided = norm(deciding(h))
        moved = ((decided - sum(table[k] for table, k in zip(tables, kinds)).lerp(state, OWN)) / spread).pow(2).mean()
        settled = F.cross_entropy(sight.heads[0](decided), kinds[0])
        return moved + 0.3 * settled, {"moved": moved, "settled": settled}

    train("decide", deciding, loss_of, steps, lr=5e-4, decay=0.01, warmup=50, minutes=minutes, ema=Ema(deciding, 0.99))
    model.vision_model.encoder.layers.extend(deciding.layers)
    save(WORK / "clip_final.pt", model.state_dict())
    for stale in ("pooled.pt", "decide.pt"):  # the latter belongs to the tower as it was before
        (WORK / stale).unlink(missing_ok=True)
    clip.report(model.vision_model, sight.heads, data)
