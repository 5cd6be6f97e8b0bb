# OPT, a decoder-only language model (Zhang et al. 2022, arXiv 2205.01068).
#
# Axes: B sequences, T new positions of one and N of all, P positions already in a cache, E embedding
# size, D hidden size, H heads, V vocabulary. E = D but for opt-350m, which projects in and out.
# Sequences of a batch share the layers, which then read their weights once for all; each keeps a
# cache and positions of its own, so none is padded.
# Weights carry the hub's names; "added.weight" holds the rows that GILL adds to the vocabulary.

def join(self: __torch__.Net, w: Dict[str, Tensor], layers: int) -> None:
  """Puts the weights for queries, keys and values into one, where each is a tensor of its own:
  starting a product takes a device longer than the product of one token."""
  for i in range(layers):
    name = "model.decoder.layers." + str(i) + ".self_attn"
    for kind in [".weight", ".bias"]:
      self.join_tensors(w, name, kind, 0)
    for kind in [".int4", ".rows", ".scales"]:
      self.join_tensors(self.buffers, name, kind, 0)
    self.join_tensors(self.buffers, name, ".groups", 1)

def join_tensors(self: __torch__.Net, tensors: Dict[str, Tensor], name: str, kind: str, dim: int) -> None:
  if name + ".q_proj" + kind in tensors:
    parts = annotate(List[Tensor], [])
    for part in [".q_proj", ".k_proj", ".v_proj"]:
      parts.append(tensors.pop(name + part + kind))
    tensors[name + ".qkv_proj" + kind] = torch.cat(parts, dim)

def new_cache(self: __torch__.Net, w: Dict[str, Tensor], layers: int, heads: int, size: int, length: int) -> List[Tensor]:
  """Keys and values (length, 2, H, D/H) of each layer."""
  like = w["added.weight"]
  cache: List[Tensor] = []
  for i in range(layers):
    cache.append(torch.empty([length, 2, heads, size // heads], dtype=like.dtype, device=like.device))
  return cache

def grow_cache(self: __torch__.Net, cache: List[Tensor], used: int, length: int) -> List[Tensor]:
  grown: List[Tensor] = []
  for i in range(len(cache)):
    old = cache[i]
    new = torch.empty([length, 2, old.size(2), old.size(3)], dtype=old.dtype, device=old.device)
    new[:used] = old[:used]
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

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, caches: List[List[Tensor]], layer: int, counts: List[int], pasts: List[int]) -> Tensor:
  """Every sequence looks at its own positions (N, D), T of them new and P in its cache."""
  size = x.size(1)
  if self.has_linear(w, name + ".qkv_proj"):
    q, kv = self.linear(w, name + ".qkv_proj", x).split_with_sizes([size, 2 * size], 1)
  else:
    q, k, v = self.linears(w, name, x, [".q_proj", ".k_proj", ".v_proj"])
    kv = torch.cat([k, v], 1)  # (N, 2 D)
  if len(caches) == 1:
    return self.linear(w, name + ".out_proj", self.look_back(q, kv, caches[0][layer], pasts[0]))
  seen = annotate(List[Tensor], [])
  first = 0
  for i in range(len(caches)):
    end = first + counts[i]
    seen.append(self.look_back(q[first:end], kv[first:end], caches[i][layer], pasts[i]))
    first = end
  return self.linear(w, name + ".out_proj", torch.cat(seen))

def look_back(self: __torch__.Net, q: Tensor, kv: Tensor, cache: Tensor, past: int) -> Tensor:
  """Queries, keys and values of T positions, of which the latter are appended to the cache."""
  t, h = q.size(0), cache.size(2)
  cache[past:past + t] = kv.view([t, 2, h, -1])
  q = q.view([1, t, h, -1]).transpose(1, 2)  # (1, H, T, D/H)
  k, v = cache[:past + t].permute([1, 2, 0, 3]).unsqueeze(1).unbind()  # (1, H, P + T, D/H)
  if t == 1:
    y = torch.scaled_dot_product_attention(q, k, v)
  elif past == 0:
    y = torch.scaled_dot_product_attention(q, k, v, is_causal=True)
  else:
    allowed = torch.ones([t, past + t], dtype=11, device=q.device).tril(past)  # (T, P + T)
    y = torch.scaled_dot_product_attention(q, k, v, allowed)
  return y.transpose(1, 2).reshape([t, -1])

def feed_forward(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, gelu: bool) -> Tensor:
  if x.is_cuda and not gelu and name + ".fc1.weight" in w and name + ".fc1.bias" in w:
    x = torch._addmm_activation(w[name + ".fc1.bias"], x, w[name + ".fc1.weight"].t())  # with ReLU
  else:
    x = self.linear(w, name + ".fc1", x)
    x = torch.gelu(x) if gelu else torch.relu_(x)
  return self.linear(w, name + ".fc2", x)

def positions(self: __torch__.Net, w: Dict[str, Tensor], counts: List[int], pasts: List[int]) -> Tensor:
  rows = annotate(List[Tensor], [])
  for i in range(len(counts)):
    first = pasts[i] + 2  # the position table begins with two rows for padding
    rows.append(w["model.decoder.embed_positions.weight"][first:first + counts[i]])
  return torch.cat(rows) if len(rows) > 1 else rows[0]  # (N, D)

def decode(self: __torch__.Net, w: Dict[str, Tensor], caches: List[List[Tensor]], x: Tensor, counts: List[int], pasts: List[int], pre_norm: bool, final_norm: bool, gelu: bool) -> Tensor:
  """Embeddings (N, E) to the last hidden states (N, E); appends its T positions to each cache."""
  if "model.decoder.project_in.weight" in w:
    x = torch.linear(x, w["model.decoder.project_in.weight"], None)  # (N, D)
  x = x + self.positions(w, counts, pasts)
  for i in range(len(caches[0])):
    name = "model.decoder.layers." + str(i)
    y = self.norm(w, name + ".self_attn_layer_norm", x) if pre_norm else x
    x = self.attend(w, name + ".self_attn", y, caches, i, counts, pasts).add_(x)
    if not pre_norm:
      x = self.norm(w, name + ".self_attn_layer_norm", x)
    y = self.norm(w, name + ".final_layer_norm", x) if pre_norm else x
    x = self.feed_forward(w, name, y, gelu).add_(x)
    if not pre_norm:
      x = self.norm(w, name + ".final_layer_norm", x)
  if final_norm:
    x = self.norm(w, "model.decoder.final_layer_norm", x)
  if "model.decoder.project_out.weight" in w:
    x = torch.linear(x, w["model.decoder.project_out.weight"], None)  # (N, E)
  return x

def logits(self: __torch__.Net, w: Dict[str, Tensor], hidden: Tensor, first_added: int) -> Tensor:
  """The output head is tied to the embeddings: (B, E) to fp32 (B, V)."""
  if self.is_packed("model.decoder.embed_tokens"):
    old = self.packed_linear("model.decoder.embed_tokens", hidden, None)[:, :first_added]
  else:
    old = torch.linear(hidden, w["model.decoder.embed_tokens.weight"][:first_added], None)
  return torch.cat([old, torch.linear(hidden, w["added.weight"], None)], -1).to(6)

def forward(self: __torch__.Net, w: Dict[str, Tensor], caches: List[List[Tensor]], x: Tensor, counts: List[int], pasts: List[int], pre_norm: bool, final_norm: bool, gelu: bool, first_added: int) -> Tuple[List[Tensor], List[Tensor]]:
  """Embeddings (1, N, E) or (N, E) of B sequences, one after the other, to the hidden states (T, E)
  of each and the logits (V) of its last position, both fp32."""
  x = x.to(w["added.weight"]).view([-1, x.size(-1)])
  hidden = torch.split_with_sizes(self.decode(w, caches, x, counts, pasts, pre_norm, final_norm, gelu), counts)
  states = annotate(List[Tensor], [])
  last = annotate(List[Tensor], [])
  for i in range(len(hidden)):
    states.append(hidden[i].to(6))
    last.append(hidden[i][-1])
  return states, torch.unbind(self.logits(w, torch.stack(last), first_added))

def next(self: __torch__.Net, w: Dict[str, Tensor], caches: List[List[Tensor]], ids: Tensor, counts: List[int], pasts: List[int], pre_norm: bool, final_norm: bool, gelu: bool, first_added: int) -> Tuple[List[Tensor], List[Tensor]]:
  """Token ids (N) of B sequences to what forward returns."""
  return self.forward(w, caches, self.embed(w, ids, first_added), counts, pasts, pre_norm, final_norm, gelu, first_added)
