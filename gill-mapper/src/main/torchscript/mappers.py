# From the states of [IMG0] … [IMGr-1] to the conditioning of an image generator (GILL, section 3.2).
#
# Axes: R image tokens, D hidden size of the language model, M the map's own size, H heads, T x C the
# conditioning. Every method takes states and embeddings (1, R, D) and returns fp32 (1, T', C).

# Once per model.

def split(self: __torch__.Net, w: Dict[str, Tensor], heads: int) -> int:
  """Takes the projections of attention to the image tokens apart. in_proj_weight (3M, M) becomes q by
  head (H, M/H, M) and k with v (2M, M); out_proj.weight (M, M) goes by head too (H, M/H, M)."""
  for name in w.keys():
    if name.find("multihead_attn.in_proj_weight") >= 0:
      attention = name[:name.find("in_proj_weight")]
      q, kv = torch.split_with_sizes(w.pop(name), [w[attention + "out_proj.bias"].size(0), 2 * w[attention + "out_proj.bias"].size(0)])
      w[attention + "q"] = q.view([heads, -1, q.size(1)])
      w[attention + "kv.weight"] = kv
      b = w.pop(attention + "in_proj_bias")
      w[attention + "q.bias"] = b[:q.size(0)].view([heads, 1, -1])
      w[attention + "kv.bias"] = b[q.size(0):]
      out = w.pop(attention + "out_proj.weight")
      w[attention + "out"] = out.t().reshape([heads, -1, out.size(0)])
    elif name.find("self_attn.in_proj_") >= 0:
      at = name.find("in_proj_")
      w[name[:at] + "qkv." + name[at + 8:]] = w.pop(name)
  return len(w)

def begin(self: __torch__.Net, w: Dict[str, Tensor]) -> int:
  """The learned queries look at each other before they see an image token."""
  x = w["query_embs"]
  y = self.norm(w, "tfm.decoder.layers.0.norm1", x)
  w["begun"] = x + self.attend(w, "tfm.decoder.layers.0.self_attn", y, 4)
  return len(w)

# Once per picture.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], 1e-05)

def project(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, heads: int) -> Tensor:
  """Self-attention (1, T, M)."""
  qkv = self.project(w, name + ".qkv", x).view([x.size(1), 3, heads, -1]).permute([1, 2, 0, 3])
  q, k, v = qkv.unsqueeze(1).unbind(0)  # (1, H, T, M/H)
  y = torch.scaled_dot_product_attention(q, k, v)
  return self.project(w, name + ".out_proj", y.transpose(1, 2).reshape(x.size()))

def look(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, memory: Tensor, heads: int) -> Tensor:
  """Attention of many queries (1, T, M) to the few image tokens (1, R, M). (x Wq) kT = x (Wq kT) and
  (a v) Wo = a (v Wo): the tokens go through the maps of queries and outputs, being fewer."""
  kv = self.project(w, name + ".kv", memory).view([memory.size(1), 2, heads, -1]).permute([1, 2, 0, 3])
  k, v = kv.unbind(0)  # (H, R, M/H)
  k = k / float(k.size(-1)) ** 0.5
  offsets = (k * w[name + ".q.bias"]).sum([-1]).flatten()  # (H R)
  keys = torch.bmm(k, w[name + ".q"]).flatten(0, 1)  # (H R, M)
  values = torch.bmm(v, w[name + ".out"]).flatten(0, 1)
  scores = torch.linear(x[0], keys, offsets).view([x.size(1), heads, -1])
  seen = torch.softmax(scores, -1, 6).to(x).flatten(1)  # (T, H R)
  return torch.addmm(w[name + ".out_proj.bias"], seen, values).unsqueeze(0)

def feed_forward(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.project(w, name + ".linear2", self.dense_relu(x, w[name + ".linear1.weight"], w[name + ".linear1.bias"]))

def encode(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, layers: int, heads: int) -> Tensor:
  for i in range(layers):
    layer = name + ".layers." + str(i)
    y = self.norm(w, layer + ".norm1", x)
    x = x + self.attend(w, layer + ".self_attn", y, heads)
    x = x + self.feed_forward(w, layer, self.norm(w, layer + ".norm2", x))
  return self.norm(w, name + ".norm", x)

def decode(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, memory: Tensor, layers: int, heads: int) -> Tensor:
  for i in range(layers):
    layer = name + ".layers." + str(i)
    if i > 0:  # the first is done in begin
      y = self.norm(w, layer + ".norm1", x)
      x = x + self.attend(w, layer + ".self_attn", y, heads)
    x = x + self.look(w, layer + ".multihead_attn", self.norm(w, layer + ".norm2", x), memory, heads)
    x = x + self.feed_forward(w, layer, self.norm(w, layer + ".norm3", x))
  return self.norm(w, name + ".norm", x)

def gill_mapper(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  """Learned queries read the image tokens through a transformer (equation 4)."""
  kernel = w["fc.bias"]
  x = self.project(w, "fc", states.to(kernel) + embeddings.to(kernel))  # (1, R, M)
  memory = self.encode(w, "tfm.encoder", x, encoder_layers, 4)
  x = self.decode(w, "tfm.decoder", w["begun"], memory, decoder_layers, 4)  # (1, T, M)
  return self.project(w, "model", x).to(6)  # (1, T, C)

def linear(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  return self.project(w, "model", states.to(w["model.bias"])).to(6)  # (1, R, C)

def mlp(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  x = torch.relu(self.project(w, "model.0", states.to(w["model.0.bias"])))
  x = torch.relu(self.project(w, "model.2", x))
  return self.project(w, "model.4", x).to(6)  # (1, R, C)

def transformer_encoder(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  """Each image token gives as many consecutive rows as the last layer has room for."""
  kernel = w["fc.bias"]
  x = self.project(w, "fc", states.to(kernel) + embeddings.to(kernel))  # (1, R, M)
  x = self.encode(w, "tfm", x, encoder_layers, 4)
  return self.project(w, "model", x).view([1, -1, columns]).to(6)  # (1, T', C)
