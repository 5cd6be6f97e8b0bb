# CLIP's image encoder, a vision transformer (Radford et al. 2021, arXiv 2103.00020, section 2.4).
#
# Axes: B batch, S side in pixels, N patches, R rows (class token, patches, filling), D hidden size, H heads.

# Once per model.

def join(self: __torch__.Net, w: Dict[str, Tensor], layers: int) -> int:
  """The projections to queries, keys and values become one layer (3D, D)."""
  for i in range(layers):
    name = "vision_model.encoder.layers." + str(i) + ".self_attn."
    for kind in ["weight", "bias"]:
      w[name + "qkv." + kind] = torch.cat([w.pop(name + "q_proj." + kind), w.pop(name + "k_proj." + kind), w.pop(name + "v_proj." + kind)])
  return len(w)

# Once per picture.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, eps: float) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], eps)

def project(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, heads: int, rows: int, tokens: int) -> Tensor:
  """The first rows of x look at its tokens, behind which are rows that only fill up."""
  b, d = x.size(0), x.size(2)
  qkv = self.project(w, name + ".qkv", x).view([b, x.size(1), 3, heads, d // heads]).permute([2, 0, 3, 1, 4])
  q, k, v = qkv.unbind(0)  # (B, H, R, D/H)
  y = torch.scaled_dot_product_attention(q[:, :, :rows], k[:, :, :tokens], v[:, :, :tokens])
  return self.project(w, name + ".out_proj", y.transpose(1, 2).reshape([b, rows, d]))

def mlp(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, quick: bool) -> Tensor:
  x = self.project(w, name + ".fc1", x)
  x = x.mul_(torch.sigmoid_(1.702 * x)) if quick else torch.gelu(x)
  return self.project(w, name + ".fc2", x)

def forward(self: __torch__.Net, w: Dict[str, Tensor], pixels: Tensor, layers: int, heads: int, quick: bool, eps: float) -> Tensor:
  """Normalised pixels (B, 3, S, S) to pooled features (B, D), fp32."""
  kernel = w["vision_model.embeddings.patch_embedding.weight"]
  patches = torch.conv2d(pixels.to(kernel), kernel, None, [kernel.size(2), kernel.size(3)])
  x = patches.flatten(2).transpose(1, 2)  # (B, N, D)
  first = w["vision_model.embeddings.class_embedding"].expand([x.size(0), 1, -1])
  x = torch.cat([first, x], 1) + w["vision_model.embeddings.position_embedding.weight"]
  tokens = x.size(1)
  x = torch.constant_pad_nd(x, [0, 0, 0, -tokens % 8])  # (B, R, D): the 257 rows of CLIP-L take a fifth longer than 264
  x = self.norm(w, "vision_model.pre_layrnorm", x, eps)
  for i in range(layers):
    name = "vision_model.encoder.layers." + str(i)
    rows = x.size(1) if i < layers - 1 else 1  # only the class token's last state is looked at
    y = self.norm(w, name + ".layer_norm1", x, eps)
    x = self.attend(w, name + ".self_attn", y, heads, rows, tokens).add_(x[:, :rows])
    x = self.mlp(w, name + ".mlp", self.norm(w, name + ".layer_norm2", x, eps), quick).add_(x)
  return self.norm(w, "vision_model.post_layernorm", x[:, 0], eps).to(6)

def features(self: __torch__.Net, w: Dict[str, Tensor], pooled: Tensor) -> Tensor:
  """Pooled features (B, D) to CLIP's joint space (B, F), fp32."""
  pooled = pooled.to(w["vision_model.post_layernorm.bias"])
  return self.dense(pooled, w["visual_projection.weight"], None).to(6)
