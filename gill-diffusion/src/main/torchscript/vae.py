# The autoencoder between pictures and latents (Rombach et al. 2022, arXiv 2112.10752, section 3.1).
#
# Axes: B pictures, C channels, H × W pixels, h × w latent pixels, L latent channels, N = h · w.
# Weights carry the hub's newer names; their presence says which layers a level has.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, groups: int) -> Tensor:
  return torch.group_norm(x, groups, w[name + ".weight"], w[name + ".bias"], 1e-06)

def conv(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, stride: int, padding: int) -> Tensor:
  return self.convolve(x, w[name + ".weight"], w[name + ".bias"], stride, padding)

def linear(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def residual(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, groups: int) -> Tensor:
  y = self.conv(w, name + ".conv1", torch.silu_(self.norm(w, name + ".norm1", x, groups)), 1, 1)
  y = self.conv(w, name + ".conv2", torch.silu_(self.norm(w, name + ".norm2", y, groups)), 1, 1)
  if name + ".conv_shortcut.weight" in w:
    x = self.conv(w, name + ".conv_shortcut", x, 1, 0)
  return torch.add_(y, x)

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, groups: int) -> Tensor:
  b, c, height, width = x.size(0), x.size(1), x.size(2), x.size(3)
  y = self.norm(w, name + ".group_norm", x, groups).permute([0, 2, 3, 1]).reshape([b, 1, height * width, c])
  q, k, v = self.linear(w, name + ".to_q", y), self.linear(w, name + ".to_k", y), self.linear(w, name + ".to_v", y)
  y = self.linear(w, name + ".to_out.0", torch.scaled_dot_product_attention(q, k, v))  # (B, 1, N, C)
  return x + y.view([b, height, width, c]).permute([0, 3, 1, 2])

def middle(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, groups: int) -> Tensor:
  x = self.residual(w, name + ".resnets.0", x, groups)
  if name + ".attentions.0.group_norm.weight" in w:
    x = self.attend(w, name + ".attentions.0", x, groups)
  return self.residual(w, name + ".resnets.1", x, groups)

def pixels(self: __torch__.Net, w: Dict[str, Tensor], latents: Tensor, groups: int) -> Tensor:
  """Unscaled latents (B, L, h, w) to pixels (B, 3, H, W) around −1 … 1, fp32, on the device."""
  x = latents.to(w["decoder.conv_in.bias"]).contiguous(memory_format=2)  # channels last
  if "post_quant_conv.weight" in w:
    x = self.conv(w, "post_quant_conv", x, 1, 0)
  x = self.middle(w, "decoder.mid_block", self.conv(w, "decoder.conv_in", x, 1, 1), groups)
  l = 0
  while "decoder.up_blocks." + str(l) + ".resnets.0.conv1.weight" in w:
    level = "decoder.up_blocks." + str(l)
    j = 0
    while level + ".resnets." + str(j) + ".conv1.weight" in w:
      x = self.residual(w, level + ".resnets." + str(j), x, groups)
      j = j + 1
    if level + ".upsamplers.0.conv.weight" in w:
      x = self.double(w, level + ".upsamplers.0.conv", x)  # (B, C, 2h, 2w)
    l = l + 1
  return self.conv(w, "decoder.conv_out", torch.silu_(self.norm(w, "decoder.conv_norm_out", x, groups)), 1, 1).to(6)

def decode(self: __torch__.Net, w: Dict[str, Tensor], latents: Tensor, groups: int) -> Tensor:
  """Unscaled latents (B, L, h, w) to pixels (B, 3, H, W) around −1 … 1, fp32."""
  return self.pixels(w, latents, groups).contiguous(memory_format=0).cpu()

def draw(self: __torch__.Net, w: Dict[str, Tensor], latents: Tensor, groups: int) -> Tensor:
  """Unscaled latents (1, L, h, w) to the bytes (H, W, 3) of a picture."""
  return self.picture(self.pixels(w, latents, groups)[0]).cpu()

def encode(self: __torch__.Net, w: Dict[str, Tensor], pixels: Tensor, groups: int) -> Tensor:
  """Pixels (B, 3, H, W) in −1 … 1 to mean and log variance of unscaled latents (B, 2L, h, w), fp32."""
  x = pixels.to(w["encoder.conv_in.bias"]).contiguous(memory_format=2)
  x = self.conv(w, "encoder.conv_in", x, 1, 1)
  l = 0
  while "encoder.down_blocks." + str(l) + ".resnets.0.conv1.weight" in w:
    level = "encoder.down_blocks." + str(l)
    j = 0
    while level + ".resnets." + str(j) + ".conv1.weight" in w:
      x = self.residual(w, level + ".resnets." + str(j), x, groups)
      j = j + 1
    if level + ".downsamplers.0.conv.weight" in w:
      x = self.conv(w, level + ".downsamplers.0.conv", torch.constant_pad_nd(x, [0, 1, 0, 1]), 2, 0)  # (B, C, H/2, W/2)
    l = l + 1
  x = self.middle(w, "encoder.mid_block", x, groups)
  x = self.conv(w, "encoder.conv_out", torch.silu_(self.norm(w, "encoder.conv_norm_out", x, groups)), 1, 1)
  if "quant_conv.weight" in w:
    x = self.conv(w, "quant_conv", x, 1, 0)
  return x.to(6).contiguous(memory_format=0).cpu()

def picture(self: __torch__.Net, pixels: Tensor) -> Tensor:
  """Pixels (3, H, W) around −1 … 1 to bytes (H, W, 3), rounded half to even."""
  return ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(0).permute([1, 2, 0]).contiguous()
