"""The answers of a model folder in fp32, by GILL's algorithm: what the parity file and the evaluation are made with."""
import json
import pickle

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from tokenizers import ByteLevelBPETokenizer
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, OPTConfig, OPTForCausalLM

from . import gill, tokens
from .clip import normalise
from .common import DEVICE, MODEL
from .nets import UNet, Vae


def weights(path):
    return {k: v.float() for k, v in load_file(path).items()}


def filled(module, state, strict=True):
    module.load_state_dict(state, strict=strict)
    return module.float().eval().requires_grad_(False).to(DEVICE)


class Reference:
    """One loaded model folder."""

    def __init__(self, folder=MODEL, checkpoint="pretrained_ckpt.pth.tar"):
        self.folder = folder
        self.args = json.loads((folder / "model_args.json").read_text())
        self.tokenizer = ByteLevelBPETokenizer(str(folder / "lm/vocab.json"), str(folder / "lm/merges.txt"))
        self.img = self.args["gen_token_idx"]
        self.lm = filled(OPTForCausalLM(OPTConfig.from_pretrained(folder / "lm")), weights(folder / "lm/model.safetensors"), strict=False)
        self.vision = filled(CLIPModel(CLIPConfig.from_pretrained(folder / "vision")), weights(folder / "vision/model.safetensors"), strict=False).vision_model
        self.text_encoder = filled(CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "diffusion/text_encoder")),
                                   {k.removeprefix("text_model."): v for k, v in weights(folder / "diffusion/text_encoder/model.safetensors").items()})
        config = json.loads((folder / "diffusion/unet/config.json").read_text())
        self.unet = filled(UNet(config["in_channels"], config["block_out_channels"], config["attention_head_dim"], config["cross_attention_dim"],
                                config["layers_per_block"], config["norm_num_groups"]), weights(folder / "diffusion/unet/diffusion_pytorch_model.safetensors"))
        config = json.loads((folder / "diffusion/vae/config.json").read_text())
        self.vae = filled(Vae(config["block_out_channels"], config["latent_channels"], config["layers_per_block"], config["norm_num_groups"]),
                          weights(folder / "diffusion/vae/diffusion_pytorch_model.safetensors"))
        self.scale = config["scaling_factor"]
        scheduler = json.loads((folder / "diffusion/scheduler/scheduler_config.json").read_text())
        betas = torch.linspace(scheduler["beta_start"] ** 0.5, scheduler["beta_end"] ** 0.5, 1000) ** 2
        self.kept = torch.cumprod(1 - betas, 0)
        self.gill, self.map = self._trained(torch.load(folder / checkpoint, weights_only=True)["state_dict"])
        table = self.lm.get_input_embeddings().weight
        self.table = torch.cat([table[:self.img[0]], self.gill.input_embeddings.weight])
        head = torch.load(folder / "decision_model.pth.tar", weights_only=True)["state_dict"]
        self.head = head["1.weight"].float().to(DEVICE), head["1.bias"].float().to(DEVICE)
        stored = pickle.loads((folder / "cc3m_embeddings_urls.npy").read_bytes())
        self.paths = stored["paths"]
        self.keys = F.normalize(torch.from_numpy(np.stack(stored["embeddings"])).to(DEVICE), dim=-1)
        self.nothing = self.say([""])

    def _trained(self, state):
        """The trained parts, and the map that this checkpoint holds in the mapper's place."""
        state = {k.removeprefix("model."): v.float() for k, v in state.items()}
        place = "gen_text_hidden_fcs.0."
        mapped = {k.removeprefix(place): v for k, v in state.items() if k.startswith(place)}
        make = (gill.GillMapper if "query_embs" in mapped else gill.TransformerEncoderMap if "fc.weight" in mapped
                else gill.MlpMap if "model.2.weight" in mapped else gill.LinearMap)
        rest = gill.Gill()
        rest.load_state_dict({k: v for k, v in state.items() if not k.startswith(place)}, strict=False)
        return rest.eval().requires_grad_(False).to(DEVICE), filled(make(256, 256), mapped)

    def say(self, texts):
        """(B, 16, D): the text encoder's own conditioning."""
        return self.text_encoder(tokens.clip_ids(texts)).last_hidden_state

    def pooled(self, picture):
        """(1, V) of a PIL picture of 64x64 or larger."""
        picture = picture.convert("RGB")
        if picture.size != (64, 64):
            side = min(picture.size)
            picture = picture.resize((round(picture.width * 64 / side), round(picture.height * 64 / side)), Image.BICUBIC)
            left, top = (picture.width - 64) // 2, (picture.height - 64) // 2
            picture = picture.crop((left, top, left + 64, top + 64))
        x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float().to(DEVICE) / 255
        return self.vision(normalise(x)).pooler_output

    def embed(self, items):
        """(1, T, H) of pictures and texts in order; BOS goes before the first text only."""
        rows, first = [], True
        for item in items:
            if isinstance(item, str):
                rows.append(self.table[([tokens.BOS] if first else []) + self.ids(item)])
                first = False
            else:
                rows.append(self.gill.visual_embeddings(self.pooled(item)).view(-1, self.table.shape[1]))
        return torch.cat(rows)[None]

    def ids(self, text):
        """[IMG0]…[IMG7] are cut out of the text before its byte pairs are merged."""
        ids = []
        for i, piece in enumerate(text.split("[IMG0][IMG1][IMG2][IMG3][IMG4][IMG5][IMG6][IMG7]")):
            ids += (self.img if i else []) + self.tokenizer.encode(piece).ids
        return ids

    def decode(self, ids):
        return self.tokenizer.decode([i for i in ids if i < self.img[0] and i > 3])

    def states(self, x):
        return self.lm.model.decoder(inputs_embeds=x).last_hidden_state

    @torch.no_grad()
    def generate(self, x, num_words, scale=1.0, min_words=0):
        """Greedy decoding -> chosen ids, states (T_out, H) that go with them."""
        out, start = [], x.shape[1]
        newline = self.tokenizer.encode("\n").ids[0]
        for step in range(num_words):
            logits = self.states(x)[0, -1] @ self.table.T
            logits[self.img[1:]] = -torch.inf
            if step < min_words:
                logits[self.img[0]] = -torch.inf
            elif scale > 1:
                logits[self.img[0]] = logits[self.img[0]].abs() * scale
            token = int(logits.argmax())
            chosen = self.img if token == self.img[0] else [token]
            out += chosen
            x = torch.cat([x, self.table[chosen][None]], 1)
            if token == newline and len(out) > 1:
                break
        return out, self.states(x)[0, start:]

    @torch.no_grad()
    def answer(self, items, num_words=32, scale=1.3, seed=1337, draw=True, guidance=7.5, steps=50):
        """One request, answered: ids, text before the picture, decision, retrieved and, if `draw`, the picture."""
        ids, states = self.generate(self.embed(items), num_words, scale)
        newline = self.tokenizer.encode("\n").ids[0]
        cut = next((i for i, t in enumerate(ids) if t == newline and i > 0), len(ids))
        kept = ids[:cut]
        result = {"tokens": ids, "text": first_sentence(self.decode(kept[:kept.index(self.img[0])] if self.img[0] in kept else kept))}
        if self.img[0] not in kept:
            return result
        at = kept.index(self.img[0])
        img = states[None, at:at + len(self.img)]
        result["retrieve"] = float(F.linear(img[0, 0], *self.head).softmax(-1)[1])
        query = self.gill.query(img)
        scores = self.gill.logit_scale.exp() * (self.keys @ query[0])
        top = scores.topk(min(10, len(scores)))
        result["top"], result["scores"] = top.indices.tolist(), [round(s, 4) for s in top.values.tolist()]
        result["conditioning"] = self.map(img, self.table[self.img][None])
        if draw:
            result["picture"] = self.paint(result["conditioning"], seed, guidance, steps)[0]
        return result

    @torch.no_grad()
    def paint(self, conditioning, seed=1337, guidance=7.5, steps=50):
        """(B, 64, 64, 3) uint8 from (B, 16, D) by PNDM without Runge-Kutta steps, as Stable Diffusion does it."""
        b = len(conditioning)
        noise = torch.randn(b, 16, 8, 8, generator=torch.Generator("cpu").manual_seed(seed)).to(DEVICE)
        both = torch.cat([self.nothing.expand(b, -1, -1), conditioning])

        def velocity(x, t):
            without, with_ = self.unet(torch.cat([x, x]), torch.full((2 * b,), t, device=DEVICE), both).chunk(2)
            return without + guidance * (with_ - without)

        x = plms(noise, velocity, self.kept, steps)
        y = self.vae.decode(x / self.scale) / 2 + 0.5
        return (y.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def plms(x, velocity, kept, steps):
    """Pseudo linear multistep; the second timestep is visited twice. `kept` are the cumulated alphas."""
    stride = len(kept) // steps
    forward = [i * stride + 1 for i in range(steps)]
    times = (forward[:-1] + [forward[-2]] + forward[-1:])[::-1]
    history, start = [], x
    for number, t in enumerate(times):
        v = velocity(x, t)
        before = t - stride
        if number != 1:
            history = history[-3:] + [v]
        else:
            before, t = t, t + stride
        if number == 1:
            v, x = (v + history[-1]) / 2, start
        elif len(history) == 2:
            v = (3 * history[-1] - history[-2]) / 2
        elif len(history) == 3:
            v = (23 * history[-1] - 16 * history[-2] + 5 * history[-3]) / 12
        elif len(history) == 4:
            v = (55 * history[-1] - 59 * history[-2] + 37 * history[-3] - 9 * history[-4]) / 24
        now, then = kept[t], kept[before] if before >= 0 else kept[0]
        noise = now.sqrt() * v + (1 - now).sqrt() * x
        x = (then / now).sqrt() * x - (then - now) * noise / (now * (1 - then).sqrt() + (now * (1 - now) * then).sqrt())
    return x


def first_sentence(text):
    """Up to the first newline or else the first full stop, as the release cuts it."""
    text = text.strip("\n")
    for end in ("\n", "."):
        if end in text:
            return text[:text.index(end) + 1]
    return text
