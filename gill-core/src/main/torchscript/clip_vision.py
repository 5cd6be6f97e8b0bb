# CLIP's image encoder, a vision transformer (Radford et al. 2021, arXiv 2103.00020, section 2.4).
#
# Axes: B batch, S side in pixels, N patches, D hidden size, H heads.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, eps: float) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], eps)

def project(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, heads: int) -> Tensor:
  b, n, d = x.size(0), x.size(1), x.size(2)
  q = self.project(w, name + ".q_proj", x).view([b, n, heads, d // heads]).transpose(1, 2)
  k = self.project(w, name + ".k_proj", x).view([b, n, heads, d // heads]).transpose(1, 2)
  v = self.project(w, name + ".v_proj", x).view([b, n, heads, d // heads]).transpose(1, 2)
  y = torch.scaled_dot_product_attention(q, k, v)  # (B, H, N + 1, D/H)
  return self.project(w, name + ".out_proj", y.transpose(1, 2).reshape([b, n, d]))

def mlp(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, quick: bool) -> Tensor:
  x = self.project(w, name + ".fc1", x)
  x = x * torch.sigmoid(1.702 * x) if quick else torch.gelu(x)
  return self.project(w, name + ".fc2", x)

def forward(self: __torch__.Net, w: Dict[str, Tensor], pixels: Tensor, layers: int, heads: int, quick: bool, eps: float) -> Tensor:
  """Normalised pixels (B, 3, S, S) to pooled features (B, D), fp32."""
  kernel = w["vision_model.embeddings.patch_embedding.weight"]
  patches = torch.conv2d(pixels.to(kernel), kernel, None, [kernel.size(2), kernel.size(3)])
  x = patches.flatten(2).transpose(1, 2)  # (B, N, D)
  first = w["vision_model.embeddings.class_embedding"].expand([x.size(0), 1, -1])
  x = torch.cat([first, x], 1) + w["vision_model.embeddings.position_embedding.weight"]
  x = self.norm(w, "vision_model.pre_layrnorm", x, eps)
  for i in range(layers):
    name = "vision_model.encoder.layers." + str(i)
    x = x + self.attend(w, name + ".self_attn", self.norm(w, name + ".layer_norm1", x, eps), heads)
    x = x + self.mlp(w, name + ".mlp", self.norm(w, name + ".layer_norm2", x, eps), quick)
  return self.norm(w, "vision_model.post_layernorm", x[:, 0], eps).to(6)

def features(self: __torch__.Net, w: Dict[str, Tensor], pooled: Tensor) -> Tensor:
  """Pooled features (B, D) to CLIP's joint space (B, F), fp32."""
  pooled = pooled.to(w["vision_model.post_layernorm.bias"])
  return self.dense(pooled, w["visual_projection.weight"], None).to(6)
