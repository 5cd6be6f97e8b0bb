"""Stage 2: the autoencoder between 64x64 pictures and 16x8x8 latents."""
import torch
import torch.nn.functional as F

from .common import DEVICE, SMOKE, WORK, autocast, load, save, train
from .data import flip, jitter, pictures, pick
from .nets import Vae

STEPS, BATCH, KL = (4 if SMOKE else 1600), 32, 5e-4


def build():
    return Vae([16, 32, 64, 128], 16).to(DEVICE)


def edges(x):
    """Differences to the right and to the lower neighbour."""
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def run(steps=STEPS, minutes=None):
    torch.manual_seed(1)
    vae, data = build(), pictures()

    def loss_of(step):
        x = flip(data.batch(pick(data.train, BATCH)))
        moved = jitter(x, 0.15, 0.1, 0.08)
        x = torch.where(torch.rand(BATCH, 1, 1, 1, device=DEVICE) < 0.5, moved, x) * 2 - 1
        with autocast():
            mean, logvar = vae.encode(x)
            y = vae.decode(mean + torch.randn_like(mean) * (0.5 * logvar).exp())
        y, mean, logvar = y.float(), mean.float(), logvar.float()
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
        sharp = sum((a - b).abs().mean() for a, b in zip(edges(y), edges(x)))
        mse = F.mse_loss(y, x)
        return (y - x).abs().mean() + mse + sharp + KL * kl, {"psnr": 10 * torch.log10(4 / mse), "kl": kl}

    train("vae", vae, loss_of, steps, lr=2e-3, minutes=minutes)
    finish(vae, data)


@torch.no_grad()
def finish(vae, data):
    """Stores the weights with the latents' scale, and the latents of every picture and its mirror image."""
    halves = []
    for mirrored in (False, True):
        rows = []
        for ids in torch.arange(len(data.pictures)).split(128):
            x = data.batch(ids) * 2 - 1
            rows.append(vae.encode(x.flip(-1) if mirrored else x)[0].cpu())
        halves.append(torch.cat(rows))
    latents = torch.stack(halves)  # (2, N, 16, 8, 8)
    scale = 1 / latents[:, data.train].std().item()
    vae.config["scaling_factor"] = round(scale, 5)
    save(WORK / "latents.pt", latents * vae.config["scaling_factor"])
    save(WORK / "vae_final.pt", {"weights": vae.state_dict(), "config": vae.config})
    mse = torch.stack([((vae.decode(latents[0, i]) - data.batch(i) * 2 + 1) ** 2).mean((1, 2, 3))
                       for i in torch.where(data.split == 1)[0].split(64)[:4]]).flatten()
    print(f"vae: {(10 * torch.log10(4 / mse)).mean():.2f} dB on unseen drawings, scale {scale:.4f}", flush=True)


def trained():
    state, vae = load(WORK / "vae_final.pt"), build()
    vae.load_state_dict(state["weights"])
    vae.config = state["config"]
    return vae.eval().requires_grad_(False)
