#!/usr/bin/env python3
"""Times the Python reference on a model folder (lm, vision and diffusion inside), case by case, as JSON lines: {"case", "seconds", "unit"}.
  reference.py MODEL [--cases lm,clip,unet,vae,mapper,scan] [--device cpu|cuda] [--dtype fp32|bf16|fp16] [--threads 2] [--size 256]
Needs torch, transformers and safetensors; the cases unet and vae need diffusers. Compare in one run on one machine: absolute figures do not travel."""
import argparse, json, time, os
import torch

def timed(f, n, sync):
    f(); sync(); ts = []
    for _ in range(n): t = time.perf_counter(); f(); sync(); ts.append(time.perf_counter() - t)
    return sorted(ts)[len(ts) // 2]

def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter); ap.add_argument("model"); ap.add_argument("--cases", default="lm,clip,mapper,scan")
    ap.add_argument("--device", default="cpu"); ap.add_argument("--dtype", default="fp32"); ap.add_argument("--threads", type=int, default=2); ap.add_argument("--size", type=int, default=256); ap.add_argument("--tokens", type=int, default=32); ap.add_argument("--prompt", type=int, default=64); ap.add_argument("--rows", type=int, default=1_000_000)
    a = ap.parse_args(); torch.set_num_threads(a.threads); torch.set_grad_enabled(False)
    dt = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[a.dtype]; dev = a.device; sync = torch.cuda.synchronize if dev == "cuda" else (lambda: None)
    say = lambda case, s, unit, **k: print(json.dumps(dict(case=case, seconds=round(s, 6), unit=unit, dtype=a.dtype, device=dev, **k)), flush=True)
    cases = a.cases.split(",")
    if "lm" in cases:
        from transformers import OPTForCausalLM
        lm = OPTForCausalLM.from_pretrained(f"{a.model}/lm", dtype=dt).eval().to(dev); ids = torch.randint(300, 50000, (1, a.prompt), device=dev); emb = lm.get_input_embeddings()
        run = lambda: lm.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=a.tokens, min_new_tokens=a.tokens, do_sample=False)
        say("lm_generate_cached", timed(run, 3, sync), f"prompt {a.prompt} + {a.tokens} tokens")
        def release():  # the loop of the official release: no cache, every layer's states, the whole sequence again for every token
            e = emb(ids)
            for _ in range(a.tokens):
                o = lm(inputs_embeds=e, use_cache=False, output_hidden_states=True); e = torch.cat([e, emb(o.logits[:, -1].argmax(-1, keepdim=True))], 1)
        say("lm_generate_release_loop", timed(release, 1, sync), f"prompt {a.prompt} + {a.tokens} tokens")
        say("lm_prefill", timed(lambda: lm(ids, use_cache=True, logits_to_keep=1), 3, sync), f"{a.prompt} tokens"); del lm
    if "clip" in cases:
        from transformers import CLIPVisionConfig, CLIPVisionModel
        c = json.load(open(f"{a.model}/vision/config.json"))["vision_config"]; m = CLIPVisionModel(CLIPVisionConfig(**c)).eval().to(dev, dt); x = torch.randn(1, 3, 224, 224, device=dev, dtype=dt)
        say("clip_encode", timed(lambda: m(x).pooler_output, 5, sync), "one picture"); del m
    if "mapper" in cases:
        m = torch.nn.Transformer(batch_first=True, norm_first=True, d_model=512, num_encoder_layers=4, num_decoder_layers=4, dim_feedforward=2048, dropout=0.0, nhead=4).eval().to(dev, dt)
        x = torch.randn(1, 8, 512, device=dev, dtype=dt); q = torch.randn(1, 77, 512, device=dev, dtype=dt); say("mapper", timed(lambda: m(x, q), 20, sync), "one slot")
    if "scan" in cases:
        k = torch.randn(a.rows, 256, device=dev, dtype=dt); q = torch.randn(256, device=dev, dtype=dt); say("scan_top10", timed(lambda: torch.topk(k @ q, 10), 5, sync), f"{a.rows} x 256"); del k
    if "unet" in cases or "vae" in cases:
        from diffusers import UNet2DConditionModel, AutoencoderKL
        s = a.size // 8
        if "unet" in cases:
            m = UNet2DConditionModel.from_pretrained(f"{a.model}/diffusion/unet", torch_dtype=dt).eval().to(dev); x = torch.randn(2, 4, s, s, device=dev, dtype=dt); e = torch.randn(2, 77, 768, device=dev, dtype=dt)
            say("unet_step", timed(lambda: m(x, 500, encoder_hidden_states=e).sample, 3, sync), f"{a.size}x{a.size}, guidance batch 2"); del m
        if "vae" in cases:
            m = AutoencoderKL.from_pretrained(f"{a.model}/diffusion/vae", torch_dtype=dt).eval().to(dev); x = torch.randn(1, 4, s, s, device=dev, dtype=dt); say("vae_decode", timed(lambda: m.decode(x).sample, 3, sync), f"{a.size}x{a.size}")

main()
