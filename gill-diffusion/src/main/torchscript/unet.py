# The denoising network of Stable Diffusion (Rombach et al. 2022, arXiv 2112.10752, section 3.3):
# a U of residual and attention blocks over latents, told the timestep and, by cross-attention,
# the conditioning.
#
#   conv_in - down 0 - down 1 - … - down L-1 - mid - up 0 - … - up L-1 - conv_norm_out - conv_out
#                \________\______________\_____________/_____________/   skips, taken in reverse
#
# Axes: B batch (twice the pictures under guidance), C channels, h × w latent pixels, N = h · w,
# T conditioning tokens, S steps, E time embedding. Weights carry the hub's names, and their
# presence says which blocks a level has; heads[l] is the number of attention heads of level l.

# Once per picture: what depends on the conditioning or the timesteps alone.

def time_embedding(self: __torch__.Net, w: Dict[str, Tensor], timesteps: Tensor, flip: bool, shift: float) -> Tensor:
  """Timesteps (S) to SiLU of their embeddings (S, E): sinusoids through two layers."""
  half = w["time_embedding.linear_1.weight"].size(1) // 2
  k = torch.arange(half, dtype=6, device=timesteps.device)
  angles = timesteps.unsqueeze(1) * torch.exp(k * (-9.210340371976184 / (half - shift)))  # ln 10000
  sine, cosine = torch.sin(angles), torch.cos(angles)
  x = torch.cat([cosine, sine] if flip else [sine, cosine], 1).to(w["time_embedding.linear_1.bias"])
  return torch.silu(self.linear(w, "time_embedding.linear_2", torch.silu(self.linear(w, "time_embedding.linear_1", x))))

def prepare(self: __torch__.Net, w: Dict[str, Tensor], timesteps: Tensor, conditioning: Tensor, flip: bool, shift: float) -> Dict[str, Tensor]:
  """Timesteps (S) and conditioning (B, T, C) to the bias of each residual block's first convolution,
  with the time's shift in it (S, C), and each cross-attention's keys and values (B, T, C)."""
  time = self.time_embedding(w, timesteps, flip, shift)
  conditioning = conditioning.to(w["conv_in.bias"])
  state: Dict[str, Tensor] = {}
  for name in w.keys():
    if name.endswith(".time_emb_proj.weight"):
      block = name[:-len(".time_emb_proj.weight")]
      state[block] = self.linear(w, block + ".time_emb_proj", time) + w[block + ".conv1.bias"]
    if name.endswith(".attn2.to_k.weight"):
      block = name[:-len(".to_k.weight")]
      state[block + ".keys"] = self.linear(w, block + ".to_k", conditioning)
      state[block + ".values"] = self.linear(w, block + ".to_v", conditioning)
  return state

# Layers.

def linear(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  if name + ".bias" in w:
    return self.dense(x, w[name + ".weight"], w[name + ".bias"])
  return self.dense(x, w[name + ".weight"], None)

def conv(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, stride: int) -> Tensor:
  weight = w[name + ".weight"]
  return self.convolve(x, weight, w[name + ".bias"], stride, weight.size(2) // 2)

def group_norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, groups: int, eps: float) -> Tensor:
  return torch.group_norm(x, groups, w[name + ".weight"], w[name + ".bias"], eps)

def layer_norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], 1e-05)

def residual(self: __torch__.Net, w: Dict[str, Tensor], state: Dict[str, Tensor], name: str, x: Tensor, i: int, groups: int, eps: float) -> Tensor:
  y = torch.silu_(self.group_norm(w, name + ".norm1", x, groups, eps))
  y = self.convolve(y, w[name + ".conv1.weight"], state[name][i], 1, 1)
  y = self.conv(w, name + ".conv2", torch.silu_(self.group_norm(w, name + ".norm2", y, groups, eps)), 1)
  if name + ".conv_shortcut.weight" in w:
    x = self.conv(w, name + ".conv_shortcut", x, 1)
  return torch.add_(y, x)

def attend(self: __torch__.Net, q: Tensor, k: Tensor, v: Tensor, heads: int, upcast: bool) -> Tensor:
  """Queries (B, N, C) over keys and values (B, M, C) to (B, N, C)."""
  b, n, c = q.size(0), q.size(1), q.size(2)
  type = q.dtype
  if upcast:
    q, k, v = q.to(6), k.to(6), v.to(6)
  q = q.view([b, n, heads, c // heads]).transpose(1, 2)  # (B, H, N, C/H)
  k = k.view([b, -1, heads, c // heads]).transpose(1, 2)
  v = v.view([b, -1, heads, c // heads]).transpose(1, 2)
  y = torch.scaled_dot_product_attention(q, k, v)
  return y.transpose(1, 2).reshape([b, n, c]).to(type)

def transformer(self: __torch__.Net, w: Dict[str, Tensor], state: Dict[str, Tensor], name: str, x: Tensor, heads: int, groups: int, upcast: bool) -> Tensor:
  b, c, height, width = x.size(0), x.size(1), x.size(2), x.size(3)
  y = self.group_norm(w, name + ".norm", x, groups, 1e-06)
  y = self.linear(w, name + ".proj_in", y.permute([0, 2, 3, 1]).reshape([b, height * width, c]))  # (B, N, C)
  j = 0
  while name + ".transformer_blocks." + str(j) + ".norm1.weight" in w:
    block = name + ".transformer_blocks." + str(j)
    z = self.layer_norm(w, block + ".norm1", y)
    q, k, v = self.linear(w, block + ".attn1.to_q", z), self.linear(w, block + ".attn1.to_k", z), self.linear(w, block + ".attn1.to_v", z)
    y = y + self.linear(w, block + ".attn1.to_out.0", self.attend(q, k, v, heads, upcast))
    q = self.linear(w, block + ".attn2.to_q", self.layer_norm(w, block + ".norm2", y))
    k, v = state[block + ".attn2.keys"], state[block + ".attn2.values"]
    y = y + self.linear(w, block + ".attn2.to_out.0", self.attend(q, k, v, heads, upcast))
    value, gate = self.linear(w, block + ".ff.net.0.proj", self.layer_norm(w, block + ".norm3", y)).chunk(2, -1)
    y = y + self.linear(w, block + ".ff.net.2", torch.mul_(torch.gelu(gate), value))  # GEGLU (arXiv 2002.05202)
    j = j + 1
  y = self.linear(w, name + ".proj_out", y)
  return x + y.view([b, height, width, c]).permute([0, 3, 1, 2])

# Once per step.

def predict(self: __torch__.Net, w: Dict[str, Tensor], state: Dict[str, Tensor], x: Tensor, i: int, heads: List[int], groups: int, eps: float, upcast: bool) -> Tensor:
  """Latents (B, 4, h, w) before step i to the prediction of their noise (B, 4, h, w)."""
  x = self.conv(w, "conv_in", x, 1)  # (B, C0, h, w)
  skips = [x]
  for l in range(len(heads)):
    level = "down_blocks." + str(l)
    j = 0
    while level + ".resnets." + str(j) + ".conv1.weight" in w:
      x = self.residual(w, state, level + ".resnets." + str(j), x, i, groups, eps)
      if level + ".attentions." + str(j) + ".norm.weight" in w:
        x = self.transformer(w, state, level + ".attentions." + str(j), x, heads[l], groups, upcast)
      skips.append(x)
      j = j + 1
    if level + ".downsamplers.0.conv.weight" in w:
      x = self.conv(w, level + ".downsamplers.0.conv", x, 2)  # (B, C, ⌈h/2⌉, ⌈w/2⌉)
      skips.append(x)
  x = self.residual(w, state, "mid_block.resnets.0", x, i, groups, eps)
  if "mid_block.attentions.0.norm.weight" in w:
    x = self.transformer(w, state, "mid_block.attentions.0", x, heads[-1], groups, upcast)
  x = self.residual(w, state, "mid_block.resnets.1", x, i, groups, eps)
  for l in range(len(heads)):
    level = "up_blocks." + str(l)
    j = 0
    while level + ".resnets." + str(j) + ".conv1.weight" in w:
      x = torch.cat([x, skips.pop()], 1)  # (B, C + C of the skip, h, w)
      x = self.residual(w, state, level + ".resnets." + str(j), x, i, groups, eps)
      if level + ".attentions." + str(j) + ".norm.weight" in w:
        x = self.transformer(w, state, level + ".attentions." + str(j), x, heads[len(heads) - 1 - l], groups, upcast)
      j = j + 1
    if level + ".upsamplers.0.conv.weight" in w:
      # The next skip's size, which is odd where halving rounded up.
      x = torch.upsample_nearest2d(x, [skips[-1].size(2), skips[-1].size(3)])
      x = self.conv(w, level + ".upsamplers.0.conv", x, 1)
  return self.conv(w, "conv_out", torch.silu_(self.group_norm(w, "conv_norm_out", x, groups, eps)), 1)

def step(self: __torch__.Net, w: Dict[str, Tensor], state: Dict[str, Tensor], latents: Tensor, i: int, guidance: float, heads: List[int], groups: int, eps: float, upcast: bool) -> Tensor:
  """Scaled latents (n, 4, h, w) before step i to the guided prediction, fp32 (arXiv 2207.12598).
  Under guidance the state's batch holds n unconditional, then n conditional entries."""
  x = latents.to(w["conv_in.bias"])
  guided = guidance > 1.0
  if guided:
    x = torch.cat([x, x])
  x = self.predict(w, state, x.contiguous(memory_format=2), i, heads, groups, eps, upcast).to(6)  # channels last
  if guided:
    without, given = x.chunk(2)
    x = without + guidance * (given - without)
  return x.contiguous(memory_format=0).cpu()
