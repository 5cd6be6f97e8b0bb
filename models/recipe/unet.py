"""Stage 6: the denoiser and the text encoder that conditions it, trained together first, the UNet alone after that."""
import random

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from . import tokens
from .clip import captions
from .common import DEVICE, SMOKE, WORK, Ema, autocast, load, save, train
from .data import pictures
from .muon import inner
from .nets import UNet
from .world import STYLES

STEPS, BATCH, DROPPED = (3 if SMOKE else 2500), 96, 0.1
USUAL = BATCH * 3 // 4  # rows whose words name no style
JOINT = 2000  # steps until which the text encoder learns with the UNet; GILL's maps are trained towards what it says
GUIDANCE = 2.0  # the scale that these weights are best at: what they say with and without words is far apart
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, device=DEVICE) ** 2
KEPT = torch.cumprod(1 - BETAS, 0)  # share of the picture's variance left at each timestep
SCHEDULER = {"_class_name": "PNDMScheduler", "_diffusers_version": "0.31.0", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
             "num_train_timesteps": 1000, "prediction_type": "v_prediction", "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1,
             "timestep_spacing": "leading", "trained_betas": None, "clip_sample": False}


def text_config():
    return CLIPTextConfig(vocab_size=tokens.clip_size(), hidden_size=256, intermediate_size=1024, num_hidden_layers=2, num_attention_heads=4,
                          max_position_embeddings=tokens.LENGTH, projection_dim=256, bos_token_id=tokens.clip_size() - 2,
                          eos_token_id=tokens.clip_size() - 1, pad_token_id=1)


class Painter(nn.Module):
    """Text encoder and UNet as one module, so that one optimiser and one average hold both."""

    def __init__(self):
        super().__init__()
        self.text_encoder = CLIPTextModel(text_config())
        self.unet = UNet(16, [96, 160], 4, 256, layers=1)

    def read(self, texts):
        """(B, 16, 256): the states after the last LayerNorm."""
        return self.text_encoder(tokens.clip_ids(texts)).last_hidden_state


def noised(latents, t):
    """Noisy latents and the velocity v = √ᾱ ε − √(1−ᾱ) x that the UNet predicts."""
    noise, kept = torch.randn_like(latents), KEPT[t][:, None, None, None]
    return kept.sqrt() * latents + (1 - kept).sqrt() * noise, kept.sqrt() * noise - (1 - kept).sqrt() * latents


def run(steps=STEPS, minutes=None):
    torch.manual_seed(4)
    model, data = Painter().to(DEVICE), pictures()
    if (WORK / "unet_final.pt").exists():  # a restored one; a checkpoint of this stage comes before it
        model.load_state_dict(load(WORK / "unet_final.pt"))
    latents = load(WORK / "latents.pt")
    ema = Ema(model, 0.998)

    usual = torch.isin(data.style, torch.tensor([list(STYLES).index("flat"), list(STYLES).index("glossy")]))

    def loss_of(step):
        """Words without a style mean the flat style, or its near-equal glossy one: one drawing to learn, not a mixture of four."""
        rng = random.Random(step)
        ids = torch.cat([data.sample(USUAL, among=usual), data.sample(BATCH - USUAL)])
        said = captions(data, ids[:USUAL], rng, style=0) + captions(data, ids[USUAL:], rng, style=1)
        said = ["" if rng.random() < DROPPED else c for c in said]
        clean = latents[torch.randint(2, (BATCH,)), ids]
        t = torch.randint(1000, (BATCH,), device=DEVICE)
        x, v = noised(clean, t)
        if step == JOINT:  # from here on the averaged text encoder is the one that the UNet hears
            model.text_encoder.load_state_dict({k.removeprefix("text_encoder."): w for k, w in ema.shadow.items() if k.startswith("text_encoder.")})
        with autocast():
            with torch.set_grad_enabled(step < JOINT):
                context = model.read(said)
            loss = F.mse_loss(model.unet(x, t, context).float(), v)
        return loss, {}

    train("unet", model, loss_of, steps, lr=1e-3, warmup=200, ema=ema, minutes=minutes, muon=inner)
    save(WORK / "unet_final.pt", model.state_dict())


def trained():
    model = Painter().to(DEVICE)
    model.load_state_dict(load(WORK / "unet_final.pt"))
    return model.eval().requires_grad_(False)
