"""The picture networks, with the parameter names and the arithmetic of diffusers' AutoencoderKL and UNet2DConditionModel.

B = pictures in a batch, T = text positions, D = width of the conditioning.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn


def list_of(*modules):
    return nn.ModuleList(modules)


class Resnet(nn.Module):
    def __init__(self, inside, outside, groups, eps, time=None):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inside, eps)
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1)
        if time:
            self.time_emb_proj = nn.Linear(time, outside)
        self.norm2 = nn.GroupNorm(groups, outside, eps)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1)
        if inside != outside:
            self.conv_shortcut = nn.Conv2d(inside, outside, 1)

    def forward(self, x, time=None):
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (self.conv_shortcut(x) if hasattr(self, "conv_shortcut") else x)


class Conv(nn.Module):
    """A down- or upsampler: its convolution is named `conv`."""

    def __init__(self, channels, stride, padding=1):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride, padding)


class Attention(nn.Module):
    """Multi-head attention; `group_norm` only in the autoencoder's single-head form."""

    def __init__(self, width, heads, context=None, bias=False, groups=None):
        super().__init__()
        if groups:
            self.group_norm = nn.GroupNorm(groups, width, 1e-6)
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=bias)
        self.to_k = nn.Linear(context or width, width, bias=bias)
        self.to_v = nn.Linear(context or width, width, bias=bias)
        self.to_out = list_of(nn.Linear(width, width))

    def forward(self, x, context=None):
        context = x if context is None else context
        q, k, v = (p(y).unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, positions, width / heads)
                   for p, y in ((self.to_q, x), (self.to_k, context), (self.to_v, context)))
        return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Geglu(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Linear(width, width * 8)

    def forward(self, x):
        x, gate = self.proj(x).chunk(2, -1)
        return x * F.gelu(gate)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = list_of(Geglu(width), nn.Identity(), nn.Linear(width * 4, width))

    def forward(self, x):
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn1 = Attention(width, heads)
        self.attn2 = Attention(width, heads, context)
        self.ff = FeedForward(width)

    def forward(self, x, context):
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    def __init__(self, width, heads, context, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, 1e-6)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.transformer_blocks = list_of(TransformerBlock(width, heads, context))
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x, context):
        h = self.proj_in(self.norm(x))
        h = self.transformer_blocks[0](h.flatten(2).transpose(1, 2), context)  # (B, height · width, channels)
        return x + self.proj_out(h.transpose(1, 2).unflatten(-1, x.shape[2:]))


class Block(nn.Module):
    """Residual blocks, each followed by cross-attention where the level has it, then a down- or upsampler."""

    def __init__(self, insides, width, groups, eps, time=None, heads=None, context=None, down=None, up=False):
        super().__init__()
        self.resnets = list_of(*(Resnet(i, width, groups, eps, time) for i in insides))
        if context:
            self.attentions = list_of(*(SpatialTransformer(width, heads, context, groups) for _ in insides))
        if down is not None:
            self.downsamplers = list_of(Conv(width, 2, down))
        if up:
            self.upsamplers = list_of(Conv(width, 1))

    def layers(self):
        return zip(self.resnets, getattr(self, "attentions", [None] * len(self.resnets)))


def upsample(block, x):
    return block.upsamplers[0].conv(F.interpolate(x, scale_factor=2.0)) if hasattr(block, "upsamplers") else x


class Middle(nn.Module):
    def __init__(self, width, groups, eps, attention, time=None):
        super().__init__()
        self.resnets = list_of(*(Resnet(width, width, groups, eps, time) for _ in range(2)))
        self.attentions = list_of(attention)


class UNet(nn.Module):
    """UNet2DConditionModel; as in Stable Diffusion, cross-attention everywhere but at the lowest level."""

    def __init__(self, latent_channels, channels, heads, context, layers=2, groups=32):
        super().__init__()
        self.config = {
            "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.31.0", "act_fn": "silu", "attention_head_dim": heads,
            "block_out_channels": channels, "center_input_sample": False, "cross_attention_dim": context,
            "down_block_types": ["CrossAttnDownBlock2D"] * (len(channels) - 1) + ["DownBlock2D"], "downsample_padding": 1, "flip_sin_to_cos": True,
            "freq_shift": 0, "in_channels": latent_channels, "layers_per_block": layers, "mid_block_scale_factor": 1,
            "mid_block_type": "UNetMidBlock2DCrossAttn", "norm_eps": 1e-5, "norm_num_groups": groups, "out_channels": latent_channels,
            "sample_size": 8, "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * (len(channels) - 1), "use_linear_projection": False}
        eps, time, n = 1e-5, channels[0] * 4, len(channels)
        self.conv_in = nn.Conv2d(latent_channels, channels[0], 3, padding=1)
        self.time_embedding = nn.ModuleDict({"linear_1": nn.Linear(channels[0], time), "linear_2": nn.Linear(time, time)})
        self.down_blocks = list_of(*(
            Block([channels[max(i - 1, 0)]] + [c] * (layers - 1), c, groups, eps, time, heads, context if i < n - 1 else None, 1 if i < n - 1 else None)
            for i, c in enumerate(channels)))
        last = channels[-1]
        self.mid_block = Middle(last, groups, eps, SpatialTransformer(last, heads, context, groups), time)
        skips = [channels[0]]
        for i, c in enumerate(channels):
            skips += [c] * (layers + (i < n - 1))
        ups, width = [], last
        for i, c in enumerate(reversed(channels)):
            insides = []
            for _ in range(layers + 1):
                insides.append(width + skips.pop())
                width = c
            ups.append(Block(insides, c, groups, eps, time, heads, context if i else None, up=i < n - 1))
        self.up_blocks = list_of(*ups)
        self.conv_norm_out = nn.GroupNorm(groups, channels[0], eps)
        self.conv_out = nn.Conv2d(channels[0], latent_channels, 3, padding=1)

    def time(self, t):
        """(B,) timesteps -> (B, 4 · channels[0]): cosines, then sines, then two linear layers."""
        half = self.conv_in.out_channels // 2
        angles = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
        e = self.time_embedding
        return e["linear_2"](F.silu(e["linear_1"](torch.cat([angles.cos(), angles.sin()], -1))))

    def forward(self, x, t, context):
        """x (B, C, H, W), t (B,), context (B, T, D) -> (B, C, H, W)."""
        time, x = self.time(t), self.conv_in(x)
        skips = [x]
        for block in self.down_blocks:
            for resnet, attention in block.layers():
                x = resnet(x, time)
                x = attention(x, context) if attention else x
                skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0].conv(x)
                skips.append(x)
        x = self.mid_block.resnets[0](x, time)
        x = self.mid_block.resnets[1](self.mid_block.attentions[0](x, context), time)
        for block in self.up_blocks:
            for resnet, attention in block.layers():
                x = resnet(torch.cat([x, skips.pop()], 1), time)
                x = attention(x, context) if attention else x
            x = upsample(block, x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Coder(nn.Module):
    """The encoder's or the decoder's half of AutoencoderKL."""

    def __init__(self, inside, outside, channels, layers, groups, decoder):
        super().__init__()
        n, eps, first = len(channels), 1e-6, channels[-1 if decoder else 0]
        self.conv_in = nn.Conv2d(inside, first, 3, padding=1)
        blocks, width = [], first
        for i, c in enumerate(reversed(channels) if decoder else channels):
            insides = [width] + [c] * (layers - 1)
            blocks.append(Block(insides, c, groups, eps, down=0 if i < n - 1 and not decoder else None, up=decoder and i < n - 1))
            width = c
        if decoder:
            self.up_blocks = list_of(*blocks)
        else:
            self.down_blocks = list_of(*blocks)
        self.mid_block = Middle(channels[-1], groups, eps, Attention(channels[-1], 1, bias=True, groups=groups))
        self.conv_norm_out = nn.GroupNorm(groups, width, eps)
        self.conv_out = nn.Conv2d(width, outside, 3, padding=1)

    def middle(self, x):
        x, attention = self.mid_block.resnets[0](x), self.mid_block.attentions[0]
        h = attention(attention.group_norm(x).flatten(2).transpose(1, 2))
        return self.mid_block.resnets[1](x + h.transpose(1, 2).unflatten(-1, x.shape[2:]))

    def forward(self, x):
        x = self.conv_in(x)
        if hasattr(self, "up_blocks"):
            x = self.middle(x)
        for block in getattr(self, "up_blocks", None) or self.down_blocks:
            for resnet in block.resnets:
                x = resnet(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0].conv(F.pad(x, (0, 1, 0, 1)))
            x = upsample(block, x)
        if hasattr(self, "down_blocks"):
            x = self.middle(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Vae(nn.Module):
    """AutoencoderKL: (B, 3, S, S) in -1..1 <-> (B, latent, S/8, S/8) for four levels."""

    def __init__(self, channels, latent, layers=1, groups=8, size=64):
        super().__init__()
        n = len(channels)
        self.config = {
            "_class_name": "AutoencoderKL", "_diffusers_version": "0.31.0", "act_fn": "silu", "block_out_channels": channels,
            "down_block_types": ["DownEncoderBlock2D"] * n, "in_channels": 3, "latent_channels": latent, "layers_per_block": layers,
            "norm_num_groups": groups, "out_channels": 3, "sample_size": size, "scaling_factor": 1.0,
            "up_block_types": ["UpDecoderBlock2D"] * n}
        self.encoder = Coder(3, 2 * latent, channels, layers, groups, decoder=False)
        self.decoder = Coder(latent, 3, channels, layers + 1, groups, decoder=True)
        self.quant_conv = nn.Conv2d(2 * latent, 2 * latent, 1)
        self.post_quant_conv = nn.Conv2d(latent, latent, 1)

    def encode(self, x):
        """Mean and log-variance of the latents."""
        mean, logvar = self.quant_conv(self.encoder(x)).chunk(2, 1)
        return mean, logvar.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))
