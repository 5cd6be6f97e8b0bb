# CLIP's text encoder (Radford et al. 2021, arXiv 2103.00020, section 2.4), whose last hidden states
# condition Stable Diffusion.
#
# Axes: B texts, T positions, D hidden size, H heads. Weights carry the hub's names.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, eps: float) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], eps)

def linear(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def split(self: __torch__.Net, x: Tensor, heads: int) -> Tensor:
  return x.view([x.size(0), x.size(1), heads, -1]).transpose(1, 2)  # (B, H, T, D/H)

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, heads: int) -> Tensor:
  q = self.split(self.linear(w, name + ".q_proj", x), heads)
  k = self.split(self.linear(w, name + ".k_proj", x), heads)
  v = self.split(self.linear(w, name + ".v_proj", x), heads)
  y = torch.scaled_dot_product_attention(q, k, v, is_causal=True)
  return self.linear(w, name + ".out_proj", y.transpose(1, 2).reshape([x.size(0), x.size(1), -1]))

def feed_forward(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, quick: bool) -> Tensor:
  x = self.linear(w, name + ".fc1", x)
  x = x * torch.sigmoid(1.702 * x) if quick else torch.gelu(x)
  return self.linear(w, name + ".fc2", x)

def forward(self: __torch__.Net, w: Dict[str, Tensor], ids: Tensor, layers: int, heads: int, quick: bool, eps: float) -> Tensor:
  """Token ids (B, T) to the last hidden states (B, T, D) after the final norm, fp32."""
  table = w["text_model.embeddings.token_embedding.weight"]
  x = torch.embedding(table, ids.to(table.device)) + w["text_model.embeddings.position_embedding.weight"][:ids.size(1)]  # (B, T, D)
  for i in range(layers):
    name = "text_model.encoder.layers." + str(i)
    x = x + self.attend(w, name + ".self_attn", self.norm(w, name + ".layer_norm1", x, eps), heads)
    x = x + self.feed_forward(w, name + ".mlp", self.norm(w, name + ".layer_norm2", x, eps), quick)
  return self.norm(w, "text_model.final_layer_norm", x, eps).to(6).cpu()
