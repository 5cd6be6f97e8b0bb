# OPT, a decoder-only language model (Zhang et al. 2022, arXiv 2205.01068).
#
# Axes: B batch, T new positions, P positions already in the cache, E embedding size,
# D hidden size, H heads, V vocabulary. E = D but for opt-350m, which projects in and out.
# Weights carry the hub's names; "added.weight" holds the rows that GILL adds to the vocabulary.

def new_cache(self: __torch__.Net, w: Dict[str, Tensor], layers: int, heads: int, size: int, length: int) -> List[Tensor]:
  like = w["added.weight"]
  cache: List[Tensor] = []
  for i in range(layers * 2):
    cache.append(torch.empty([1, heads, length, size // heads], dtype=like.dtype, device=like.device))
  return cache

def grow_cache(self: __torch__.Net, cache: List[Tensor], used: int, length: int) -> List[Tensor]:
  grown: List[Tensor] = []
  for i in range(len(cache)):
    old = cache[i]
    new = torch.empty([old.size(0), old.size(1), length, old.size(3)], dtype=old.dtype, device=old.device)
    new[:, :, :used] = old[:, :, :used]
    grown.append(new)
  return grown

def embed(self: __torch__.Net, w: Dict[str, Tensor], ids: Tensor, first_added: int) -> Tensor:
  table, added = w["model.decoder.embed_tokens.weight"], w["added.weight"]
  ids = ids.to(table.device)
  old = torch.embedding(table, ids.clamp(max=first_added - 1))  # (B, T, E)
  new = torch.embedding(added, (ids - first_added).clamp(min=0))
  return torch.where((ids >= first_added).unsqueeze(-1), new, old.to(new))

def look_up(self: __torch__.Net, w: Dict[str, Tensor], ids: Tensor, first_added: int) -> Tensor:
  return self.embed(w, ids, first_added).to(6).cpu()

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  if name + ".weight" in w:
    return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], 1e-05)
  return torch.layer_norm(x, [x.size(-1)], None, None, 1e-05)

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, keys: Tensor, values: Tensor, past: int) -> Tensor:
  b, t, d = x.size(0), x.size(1), x.size(2)
  h = keys.size(1)
  q = self.linear(w, name + ".q_proj", x).view([b, t, h, d // h]).transpose(1, 2)  # (B, H, T, D/H)
  k = self.linear(w, name + ".k_proj", x).view([b, t, h, d // h]).transpose(1, 2)
  v = self.linear(w, name + ".v_proj", x).view([b, t, h, d // h]).transpose(1, 2)
  keys[:, :, past:past + t] = k
  values[:, :, past:past + t] = v
  k, v = keys[:, :, :past + t], values[:, :, :past + t]  # (B, H, P + T, D/H)
  if t == 1:
    y = torch.scaled_dot_product_attention(q, k, v)
  elif past == 0:
    y = torch.scaled_dot_product_attention(q, k, v, is_causal=True)
  else:
    seen = torch.ones([t, past + t], dtype=11, device=x.device).tril(past)  # (T, P + T)
    y = torch.scaled_dot_product_attention(q, k, v, seen)
  return self.linear(w, name + ".out_proj", y.transpose(1, 2).reshape([b, t, d]))

def feed_forward(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, gelu: bool) -> Tensor:
  x = self.linear(w, name + ".fc1", x)
  x = torch.gelu(x) if gelu else torch.relu(x)
  return self.linear(w, name + ".fc2", x)

def decode(self: __torch__.Net, w: Dict[str, Tensor], cache: List[Tensor], x: Tensor, past: int, pre_norm: bool, final_norm: bool, gelu: bool) -> Tensor:
  """Embeddings (B, T, E) to the last hidden states (B, T, E); appends T positions to the cache."""
  if "model.decoder.project_in.weight" in w:
    x = torch.linear(x, w["model.decoder.project_in.weight"], None)  # (B, T, D)
  # The position table begins with two rows for padding.
  x = x + w["model.decoder.embed_positions.weight"][past + 2:past + 2 + x.size(1)]
  for i in range(len(cache) // 2):
    name = "model.decoder.layers." + str(i)
    y = self.norm(w, name + ".self_attn_layer_norm", x) if pre_norm else x
    x = x + self.attend(w, name + ".self_attn", y, cache[2 * i], cache[2 * i + 1], past)
    if not pre_norm:
      x = self.norm(w, name + ".self_attn_layer_norm", x)
    y = self.norm(w, name + ".final_layer_norm", x) if pre_norm else x
    x = x + self.feed_forward(w, name, y, gelu)
    if not pre_norm:
      x = self.norm(w, name + ".final_layer_norm", x)
  if final_norm:
    x = self.norm(w, "model.decoder.final_layer_norm", x)
  if "model.decoder.project_out.weight" in w:
    x = torch.linear(x, w["model.decoder.project_out.weight"], None)  # (B, T, E)
  return x

def logits(self: __torch__.Net, w: Dict[str, Tensor], hidden: Tensor, first_added: int) -> Tensor:
  """The output head is tied to the embeddings: (…, E) to fp32 (…, V)."""
  if self.is_packed("model.decoder.embed_tokens"):
    old = self.packed_linear("model.decoder.embed_tokens", hidden)[..., :first_added]
  else:
    old = torch.linear(hidden, w["model.decoder.embed_tokens.weight"][:first_added], None)
  return torch.cat([old, torch.linear(hidden, w["added.weight"], None)], -1).to(6)

def forward(self: __torch__.Net, w: Dict[str, Tensor], cache: List[Tensor], x: Tensor, past: int, pre_norm: bool, final_norm: bool, gelu: bool, first_added: int) -> Tuple[Tensor, Tensor]:
  """Embeddings (1, T, E) to hidden states (T, E) and the last position's logits (V), both fp32."""
  hidden = self.decode(w, cache, x.to(w["added.weight"]), past, pre_norm, final_norm, gelu)
  return hidden[0].to(6), self.logits(w, hidden[0, -1], first_added)

def next(self: __torch__.Net, w: Dict[str, Tensor], cache: List[Tensor], ids: Tensor, past: int, pre_norm: bool, final_norm: bool, gelu: bool, first_added: int) -> Tuple[Tensor, Tensor]:
  """Token ids (1, T) to hidden states (T, E) and the last position's logits (V), both fp32."""
  return self.forward(w, cache, self.embed(w, ids, first_added), past, pre_norm, final_norm, gelu, first_added)
