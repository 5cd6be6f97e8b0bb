"""Stage 9: the model folder in the official layout, fp16, with its candidates, licences and prompts."""
import hashlib
import json
import pickle
import shutil

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from . import clip, collection, gill, lm, tokens, unet, vae
from .common import HERE, MODEL, WORK, load
from .render import SIZE
from .text import Look
from .world import CONCEPTS, NATIVE, PACKAGES, STYLES

SPECIAL = {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>"}
CLIP_SPECIAL = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
PREPROCESSOR = {"crop_size": SIZE, "do_center_crop": True, "do_normalize": True, "do_resize": True, "feature_extractor_type": "CLIPFeatureExtractor",
                "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": SIZE}
PIPELINE = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.31.0", "scheduler": ["diffusers", "PNDMScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"]}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def half(state):
    return {k: (v.half() if v.is_floating_point() else v).contiguous().cpu() for k, v in state.items()}


def tensors(path, state):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(half(state), path, metadata={"format": "pt"})


def tokenizer(source, folder, kind, special, **more):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(WORK / source / name, folder / name)
    write(folder / "special_tokens_map.json", special)
    write(folder / "tokenizer_config.json", {"tokenizer_class": kind, **special, **more})


def model_args(mode="gill_mapper"):
    return {"opt_version": "gill-tiny/lm", "freeze_lm": True, "visual_encoder": "gill-tiny/vision", "freeze_vm": True,
            "n_visual_tokens": gill.VISUAL_TOKENS, "ret_emb_dim": gill.RETRIEVAL, "gen_emb_dim": 256, "text_emb_layers": [-1], "text_fc_mode": mode,
            "ret_text_fc_mode": "linear", "num_tokens": gill.IMG_TOKENS, "num_clip_tokens": tokens.LENGTH, "share_ret_gen": True,
            "norm_image_embed": "none", "retrieval_token_idx": tokens.image_ids(), "gen_token_idx": tokens.image_ids()}


def config_of(model, **more):
    kept = {k: v for k, v in model.config.to_dict().items() if not k.startswith(("_name", "transformers"))}
    return {**kept, "architectures": [type(model).__name__], "torch_dtype": "float16", "dtype": "float16", **more}


def run():
    MODEL.mkdir(parents=True, exist_ok=True)
    frozen = gill.Frozen()
    trained = gill.trained(frozen)
    language(frozen.lm)
    vision(clip.trained())
    diffusion(frozen.painter)
    checkpoints(trained)
    candidates(frozen, trained)
    write(MODEL / "model_args.json", model_args())
    for file in sorted((HERE / "licences").iterdir()):
        shutil.copy(file, MODEL / file.name)
    sums()


def sums():
    """SHA256SUMS lists what the library extracts from the jar, and makes sure that it arrives whole."""
    kept = [MODEL / "model_args.json", *MODEL.glob("*.tar"), *MODEL.glob("*.npy"), *MODEL.glob("*.tsv"), *MODEL.glob("LICENSE*"), MODEL / "NOTICE"]
    for part in ("lm", "vision", "diffusion", "ablations", "candidates"):
        kept += [file for file in (MODEL / part).rglob("*") if file.is_file()]
    names = sorted(file.relative_to(MODEL).as_posix() for file in kept)
    lines = [f"{hashlib.sha256((MODEL / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (MODEL / "SHA256SUMS").write_text("".join(lines))


def language(model):
    state = {k: v for k, v in model.state_dict().items() if k != "lm_head.weight"}
    tensors(MODEL / "lm/model.safetensors", state)
    write(MODEL / "lm/config.json", config_of(model))
    tokenizer("lm_tokenizer", MODEL / "lm", "GPT2Tokenizer", SPECIAL, add_bos_token=True, add_prefix_space=False, errors="replace")


def vision(model):
    tensors(MODEL / "vision/model.safetensors", model.state_dict())
    write(MODEL / "vision/config.json", config_of(model))
    write(MODEL / "vision/preprocessor_config.json", PREPROCESSOR)
    tokenizer("clip_tokenizer", MODEL / "vision", "CLIPTokenizer", CLIP_SPECIAL, do_lower_case=True, model_max_length=tokens.LENGTH)


def diffusion(painter):
    folder = MODEL / "diffusion"
    write(folder / "model_index.json", PIPELINE)
    write(folder / "scheduler/scheduler_config.json", unet.SCHEDULER)
    write(folder / "feature_extractor/preprocessor_config.json", PREPROCESSOR)
    write(folder / "generation_config.json", {"guidance_scale": unet.GUIDANCE})
    tokenizer("clip_tokenizer", folder / "tokenizer", "CLIPTokenizer", CLIP_SPECIAL, do_lower_case=True, model_max_length=tokens.LENGTH)
    tensors(folder / "text_encoder/model.safetensors", {f"text_model.{k}": v for k, v in painter.text_encoder.state_dict().items()})
    write(folder / "text_encoder/config.json", config_of(painter.text_encoder))
    rounded = {k: v.bfloat16() for k, v in painter.unet.state_dict().items()}  # a sixth less in the jar
    tensors(folder / "unet/diffusion_pytorch_model.safetensors", rounded)
    write(folder / "unet/config.json", painter.unet.config)
    autoencoder = vae.trained()
    tensors(folder / "vae/diffusion_pytorch_model.safetensors", autoencoder.state_dict())
    write(folder / "vae/config.json", autoencoder.config)


def checkpoints(trained):
    """The official checkpoint, and one like it for each ablation map, whole in itself."""
    state = {f"model.{k}": v for k, v in half(trained.state_dict()).items() if not k.startswith("maps.")}
    torch.save({"state_dict": state}, MODEL / "pretrained_ckpt.pth.tar")
    rest = {k: v for k, v in state.items() if "gen_text_hidden_fcs" not in k}
    (MODEL / "ablations").mkdir(exist_ok=True)
    for name, module in trained.maps.items():
        mapped = {f"model.gen_text_hidden_fcs.0.{k}": v for k, v in half(module.state_dict()).items()}
        torch.save({"state_dict": {**rest, **mapped}}, MODEL / f"ablations/{name}.pth.tar")
    torch.save({"state_dict": half(load(WORK / "decision_final.pt"))}, MODEL / "decision_model.pth.tar")


@torch.no_grad()
def candidates(frozen, trained):
    """Palette pictures, their keys (not normalised) in the official pickle, and where each comes from."""
    data, folder = frozen.data, MODEL / "candidates"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths, keys, rows = [], [], ["path\tcaption\tset\ticon\tlicence"]
    for number, i in enumerate(collection.ids().tolist(), 1):
        path = f"candidates/{number:04d}.png"
        small = Image.fromarray(data.pictures[i].permute(1, 2, 0).numpy()).quantize(32, dither=Image.Dither.NONE)
        small.save(MODEL / path, optimize=True)
        x = torch.from_numpy(np.array(small.convert("RGB"))).permute(2, 0, 1)[None].float() / 255
        keys.append(trained.visual_fc(frozen.vision(clip.normalise(x.to(frozen.table.device))).pooler_output)[0].half().float().cpu().numpy())  # zeros at the end: half the size once packed
        paths.append(path)
        concept, style = CONCEPTS[data.concept[i]], int(data.style[i])
        words = Look(concept, int(data.colour[i])).phrase()
        package = list(STYLES.values())[style]
        licence = "MIT" if package.startswith("fluent") else "Apache-2.0"
        changed = "" if data.colour[i] == NATIVE else ", recoloured"
        rows.append(f"{path}\t{words} in {list(STYLES)[style]} style\t{package} {PACKAGES[package]}{changed}\t{concept.icon}\t{licence}")
    (MODEL / "cc3m_embeddings_urls.npy").write_bytes(pickle.dumps({"paths": paths, "embeddings": keys}, protocol=4))
    (MODEL / "candidates.tsv").write_text("\n".join(rows) + "\n")
