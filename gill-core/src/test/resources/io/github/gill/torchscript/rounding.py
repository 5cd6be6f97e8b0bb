# Undoes what linear.py rounds, for its tests.

def from_pairs(self: __torch__.Net, pairs: Tensor) -> Tensor:
  """Bytes (N, K/2) to Q (N, K)."""
  return torch.stack([torch.bitwise_right_shift(pairs, 4), torch.bitwise_and(pairs, 15)], 2).flatten(1)

def int4_weight(self: __torch__.Net, weight: Tensor, group: int) -> Tensor:
  steps, groups = self.round_int4(weight, group)
  q = self.from_pairs(self.pairs(steps)).to(6).view([weight.size(0), -1, group])
  scales, zeros = groups.to(6).transpose(0, 1).chunk(2, 2)  # (N, K/G, 1)
  return ((q - 8.0) * scales + zeros).view(weight.size())

def product(self: __torch__.Net, weight: Tensor, x: Tensor) -> Tensor:
  return torch.linear(x.to(15).to(6), weight, None)

def int8_product(self: __torch__.Net, weight: Tensor, x: Tensor, type: int) -> Tensor:
  self.keep_rows("fc", self.round_int8(weight))
  return self.linear(annotate(Dict[str, Tensor], {}), "fc", x.to(type)).to(6)

def int8_columns_product(self: __torch__.Net, weight: Tensor, x: Tensor, type: int) -> Tensor:
  self.keep_columns("fc", self.round_int8(weight))
  return self.linear(annotate(Dict[str, Tensor], {}), "fc", x.to(type)).to(6)

def int8_packed_product(self: __torch__.Net, weight: Tensor, x: Tensor, type: int) -> Tensor:
  self.keep("fc.int8", self.pack_int8(weight))
  return self.linear(annotate(Dict[str, Tensor], {}), "fc", x.to(type).to(6))

def int4_product(self: __torch__.Net, weight: Tensor, x: Tensor, group: int) -> Tensor:
  self.keep_int4("fc", self.pack_int4(weight, group))
  return self.linear(annotate(Dict[str, Tensor], {}), "fc", x)
