# From the states of [IMG0] … [IMGr-1] to the conditioning of an image generator (GILL, section 3.2).
#
# Axes: R image tokens, D hidden size of the language model, M the map's own size, T x C the
# conditioning. Every method takes states and embeddings (1, R, D) and returns fp32 (1, T', C).

# Once per model.

def split(self: __torch__.Net, w: Dict[str, Tensor]) -> int:
  """Takes the three projections of every attention apart: in_proj_weight (3M, M) to q, k and v."""
  for name in w.keys():
    if name.endswith("in_proj_weight") or name.endswith("in_proj_bias"):
      attention, kind = name[:name.find("in_proj_")], name[name.find("in_proj_") + 8:]
      q, k, v = w.pop(name).chunk(3)
      w[attention + "q." + kind] = q
      w[attention + "k." + kind] = k
      w[attention + "v." + kind] = v
  return len(w)

def begin(self: __torch__.Net, w: Dict[str, Tensor]) -> int:
  """The learned queries look at each other before they see an image token."""
  x = w["query_embs"]
  y = self.norm(w, "tfm.decoder.layers.0.norm1", x)
  w["begun"] = x + self.attend(w, "tfm.decoder.layers.0.self_attn", y, y, 4)
  return len(w)

# Once per picture.

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], 1e-05)

def project(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.dense(x, w[name + ".weight"], w[name + ".bias"])

def heads(self: __torch__.Net, x: Tensor, heads: int) -> Tensor:
  return x.view([x.size(0), x.size(1), heads, x.size(2) // heads]).transpose(1, 2)

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, memory: Tensor, heads: int) -> Tensor:
  q = self.heads(self.project(w, name + ".q", x), heads)  # (1, H, T, M/H)
  k = self.heads(self.project(w, name + ".k", memory), heads)
  v = self.heads(self.project(w, name + ".v", memory), heads)
  y = torch.scaled_dot_product_attention(q, k, v)
  return self.project(w, name + ".out_proj", y.transpose(1, 2).reshape(x.size()))

def feed_forward(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return self.project(w, name + ".linear2", torch.relu(self.project(w, name + ".linear1", x)))

def encode(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, layers: int, heads: int) -> Tensor:
  for i in range(layers):
    layer = name + ".layers." + str(i)
    y = self.norm(w, layer + ".norm1", x)
    x = x + self.attend(w, layer + ".self_attn", y, y, heads)
    x = x + self.feed_forward(w, layer, self.norm(w, layer + ".norm2", x))
  return self.norm(w, name + ".norm", x)

def decode(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, memory: Tensor, layers: int, heads: int) -> Tensor:
  for i in range(layers):
    layer = name + ".layers." + str(i)
    if i > 0:  # the first is done in begin
      y = self.norm(w, layer + ".norm1", x)
      x = x + self.attend(w, layer + ".self_attn", y, y, heads)
    x = x + self.attend(w, layer + ".multihead_attn", self.norm(w, layer + ".norm2", x), memory, heads)
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
