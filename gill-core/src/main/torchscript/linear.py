# Linear layers whose weights the CPU keeps in half the size of fp32 or less. Products are summed in
# fp32 whatever the weights' form; w holds the biases and every weight that is in none of the forms.
#
#   fp16  the checkpoint's own numbers, packed by fbgemm: the result is that of fp32 copies
#   int8  W ≈ diag(s) Q, a scale per output row; activations in two parts of 7 bits (below)
#   int4  W ≈ s (Q - 8) + z for every group of inputs of a row; activations in bfloat16
#
# Axes: N outputs, K inputs, G inputs that share a scale.

def stored(self: __torch__.Net, x: Tensor, file_type: int, shape: List[int]) -> Tensor:
  if file_type == 15:
    x = torch.view_copy(x, dtype=15)  # DJL cannot name bfloat16, so it arrives as bytes
  return x.view(shape)

def pack_fp16(self: __torch__.Net, weight: Tensor) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
  return ops.quantized.linear_prepack_fp16(weight.to(6), None)

def pack_int8(self: __torch__.Net, weight: Tensor) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
  rows, scales = torch.empty(weight.size(), dtype=1), torch.empty([weight.size(0)], dtype=6)  # Q (N, K), s (N)
  i = 0
  while i < weight.size(0):  # few rows at a time stay in the CPU's caches
    block = weight[i:i + 64].to(6)
    low, high = torch.aminmax(block, dim=1)
    s = (torch.maximum(high, torch.neg(low)) / 127.0).clamp(min=1e-30)
    rows[i:i + 64], scales[i:i + 64] = torch.round(block / s.unsqueeze(1)), s
    i = i + 64
  zeros = torch.zeros([weight.size(0)], dtype=4)
  return ops.quantized.linear_prepack(torch._make_per_channel_quantized_tensor(rows, scales, zeros, 0), None)

def pack_int4(self: __torch__.Net, weight: Tensor, group: int) -> Tuple[Tensor, Tensor]:
  n, k = weight.size(0), weight.size(1)
  groups = weight.to(6).view([n, k // group, group])
  low, high = torch.aminmax(groups, dim=2)  # (N, K/G)
  scales = ((high - low) / 15.0).clamp(min=1e-30).to(15)
  zeros = (low + 8.0 * scales.to(6)).to(15)
  steps = torch.round((groups - zeros.to(6).unsqueeze(2)) / scales.to(6).unsqueeze(2)) + 8.0
  packed = torch._convert_weight_to_int4pack_for_cpu(steps.clamp(0, 15).view([n, k]).to(3), 1)
  return packed, torch.stack([scales, zeros], 2).transpose(0, 1).contiguous()  # s and z (K/G, N, 2)

def keep(self: __torch__.Net, name: str, layer: __torch__.torch.classes.quantized.LinearPackedParamsBase) -> None:
  self.packed[name] = layer

def keep_int4(self: __torch__.Net, name: str, layer: Tuple[Tensor, Tensor]) -> None:
  self.buffers[name + ".int4"], self.buffers[name + ".groups"] = layer

def int8(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  """One rounding to 8 bits would lose the small activations beside the few large ones that OPT has
  (Dettmers et al. 2022, arXiv 2208.07339). So what the rounding leaves over goes along as further
  rows, 126 times as large; both parts have 7 bits, whose products cannot overflow on any CPU."""
  steps = (x.abs().amax([1], True) / 63.0).clamp(min=1e-30)
  x = x / steps
  high = torch.round(x)
  parts = torch.cat([high, (x - high) * 126.0])
  high, low = ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(parts, 1.0, 64, self.packed[name + ".int8"]).chunk(2)
  return torch.add(high, low, alpha=1.0 / 126.0) * steps

def int4(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  groups = self.buffers[name + ".groups"]
  return torch._weight_int4pack_mm_for_cpu(x.to(15), self.buffers[name + ".int4"], x.size(-1) // groups.size(0), groups).to(6)

def is_packed(self: __torch__.Net, name: str) -> bool:
  return name + ".fp16" in self.packed or name + ".int8" in self.packed or name + ".int4" in self.buffers

def packed_linear(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  rows = x.reshape([-1, x.size(-1)])
  if name + ".fp16" in self.packed:
    y = ops.quantized.linear_dynamic_fp16(rows, self.packed[name + ".fp16"])
  elif name + ".int8" in self.packed:
    y = self.int8(name, rows)
  else:
    y = self.int4(name, rows)
  return y.view(x.size()[:-1] + [-1])

def linear(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Activations (…, K) to (…, N)."""
  bias: Optional[Tensor] = None
  if name + ".bias" in w:
    bias = w[name + ".bias"]
  if name + ".weight" in w:
    return torch.linear(x, w[name + ".weight"], bias)
  y = self.packed_linear(name, x)
  return y if bias is None else y + bias
