# From the states of [IMG0] … [IMGr-1] to the conditioning of an image generator (GILL, section 3.2).
#
# Axes: R image tokens, D hidden size of the language model, M the map's own size, T x C the
# conditioning. Every method takes states and embeddings (1, R, D) and returns fp32 (1, T', C).

def norm(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.layer_norm(x, [x.size(-1)], w[name + ".weight"], w[name + ".bias"], 1e-05)

def project(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.linear(x, w[name + ".weight"], w[name + ".bias"])

def heads(self: __torch__.Net, x: Tensor, heads: int) -> Tensor:
  return x.view([x.size(0), x.size(1), heads, x.size(2) // heads]).transpose(1, 2)

def attend(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, memory: Tensor, heads: int) -> Tensor:
  weight, bias, m = w[name + ".in_proj_weight"], w[name + ".in_proj_bias"], x.size(2)
  q = self.heads(torch.linear(x, weight[:m], bias[:m]), heads)  # (1, H, T, M/H)
  k = self.heads(torch.linear(memory, weight[m:2 * m], bias[m:2 * m]), heads)
  v = self.heads(torch.linear(memory, weight[2 * m:], bias[2 * m:]), heads)
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
    y = self.norm(w, layer + ".norm1", x)
    x = x + self.attend(w, layer + ".self_attn", y, y, heads)
    x = x + self.attend(w, layer + ".multihead_attn", self.norm(w, layer + ".norm2", x), memory, heads)
    x = x + self.feed_forward(w, layer, self.norm(w, layer + ".norm3", x))
  return self.norm(w, name + ".norm", x)

def gill_mapper(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  """Learned queries read the image tokens through a transformer (equation 4)."""
  kernel = w["fc.weight"]
  x = self.project(w, "fc", states.to(kernel) + embeddings.to(kernel))  # (1, R, M)
  memory = self.encode(w, "tfm.encoder", x, encoder_layers, 4)
  x = self.decode(w, "tfm.decoder", w["query_embs"], memory, decoder_layers, 4)  # (1, T, M)
  return self.project(w, "model", x).to(6)  # (1, T, C)

def linear(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  return self.project(w, "model", states.to(w["model.weight"])).to(6)  # (1, R, C)

def mlp(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  x = torch.relu(self.project(w, "model.0", states.to(w["model.0.weight"])))
  x = torch.relu(self.project(w, "model.2", x))
  return self.project(w, "model.4", x).to(6)  # (1, R, C)

def transformer_encoder(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, embeddings: Tensor, columns: int, encoder_layers: int, decoder_layers: int) -> Tensor:
  """Each image token gives as many consecutive rows as the last layer has room for."""
  kernel = w["fc.weight"]
  x = self.project(w, "fc", states.to(kernel) + embeddings.to(kernel))  # (1, R, M)
  x = self.encode(w, "tfm", x, encoder_layers, 4)
  return self.project(w, "model", x).view([1, -1, columns]).to(6)  # (1, T', C)
