"""Continues from an exported model folder where work/ is lost: its weights, tokenizers and latents as finished stages.

Optimiser states and averages start anew; the picture networks' weights were rounded to fp16 once.
"""
import json
import shutil

import torch
from safetensors.torch import load_file

from . import unet, vae
from .common import DEVICE, MODEL, WORK, save
from .data import pictures
from .gill import ABLATIONS
from .rounds import ROUNDS


def weights(path):
    return {k: v.float().to(DEVICE) for k, v in load_file(MODEL / path).items()}


def run():
    for source, folder in (("lm", "lm_tokenizer"), ("vision", "clip_tokenizer")):
        (WORK / folder).mkdir(parents=True, exist_ok=True)
        for name in ("vocab.json", "merges.txt"):
            shutil.copy(MODEL / source / name, WORK / folder / name)
    lm = weights("lm/model.safetensors")
    save(WORK / "lm_final.pt", {**lm, "lm_head.weight": lm["model.decoder.embed_tokens.weight"]})
    save(WORK / "clip_final.pt", weights("vision/model.safetensors"))
    text = {k.replace("text_model.", "text_encoder.", 1): v for k, v in weights("diffusion/text_encoder/model.safetensors").items()}
    drawn = {f"unet.{k}": v for k, v in weights("diffusion/unet/diffusion_pytorch_model.safetensors").items()}
    painter = unet.Painter()
    painter.load_state_dict({**text, **drawn})
    save(WORK / "unet_final.pt", painter.state_dict())
    autoencoder = vae.build()
    autoencoder.load_state_dict(weights("diffusion/vae/diffusion_pytorch_model.safetensors"))
    vae.finish(autoencoder.eval(), pictures())
    place = "gen_text_hidden_fcs.0."
    state = {k.removeprefix("model."): v.float() for k, v in torch.load(MODEL / "pretrained_ckpt.pth.tar", weights_only=True)["state_dict"].items()}
    for name in ABLATIONS:
        mapped = torch.load(MODEL / f"ablations/{name}.pth.tar", weights_only=True)["state_dict"]
        state.update({k.replace(f"model.{place}", f"maps.{name}."): v.float() for k, v in mapped.items() if place in k})
    save(WORK / "gill_final.pt", state)
    save(WORK / "reader_final.pt", {k: state[f"visual_embeddings.{k}"] for k in ("weight", "bias")})
    save(WORK / "decision_final.pt", {k: v.float() for k, v in torch.load(MODEL / "decision_model.pth.tar", weights_only=True)["state_dict"].items()})
    (WORK / "done.json").write_text(json.dumps([" ".join(map(str, (0, *job))) for job in ROUNDS[0] if job[0] == "vae"]))
