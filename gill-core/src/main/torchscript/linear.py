# Linear layers whose weights are kept in half the size of the computing type or less. Products are
# summed in fp32 whatever the weights' form; w holds the biases and every weight in none of the forms.
#
#   fp16  the checkpoint's own numbers, packed by fbgemm: the result is that of fp32 copies (CPU)
#   int8  W ≈ diag(s) Q, a scale per output row; activations in two parts of 7 bits (below), on CUDA
#         too, where its cores can; otherwise each product widens the weights first
#   int4  W ≈ s (Q - 8) + z for every group of inputs of a row; activations in bfloat16
#
# Axes: N outputs, K inputs, G inputs that share a scale.

def pack_fp16(self: __torch__.Net, weight: Tensor) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
  return ops.quantized.linear_prepack_fp16(weight.to(6), None)

def round_int8(self: __torch__.Net, weight: Tensor) -> Tuple[Tensor, Tensor]:
  """A weight (N, K) to Q (N, K) and s (N)."""
  n = weight.size(0)
  rows, scales = torch.empty(weight.size(), dtype=1, device=weight.device), torch.empty([n], dtype=6, device=weight.device)
  some = 2048 if weight.is_cuda else 64  # few rows at a time stay in the CPU's caches, and take little of a device's memory
  i = 0
  while i < n:
    block = weight[i:i + some].to(6)
    low, high = torch.aminmax(block, dim=1)
    s = (torch.maximum(high, torch.neg(low)) / 127.0).clamp(min=1e-30)
    rows[i:i + some], scales[i:i + some] = torch.round(block / s.unsqueeze(1)), s
    i = i + some
  return rows, scales

def pack_int8(self: __torch__.Net, weight: Tensor) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
  rows, scales = self.round_int8(weight)
  zeros = torch.zeros([weight.size(0)], dtype=4)
  return ops.quantized.linear_prepack(torch._make_per_channel_quantized_tensor(rows, scales, zeros, 0), None)

def round_int4(self: __torch__.Net, weight: Tensor, group: int) -> Tuple[Tensor, Tensor]:
  """A weight (N, K) to Q (N, K), 0 … 15 in 32 bits, and s and z in bfloat16 (K/G, N, 2)."""
  n, k = weight.size(0), weight.size(1)
  groups = weight.to(6).view([n, k // group, group])
  low, high = torch.aminmax(groups, dim=2)  # (N, K/G)
  scales = ((high - low) / 15.0).clamp(min=1e-30).to(15)
  zeros = (low + 8.0 * scales.to(6)).to(15)
  steps = torch.round((groups - zeros.to(6).unsqueeze(2)) / scales.to(6).unsqueeze(2)) + 8.0
  return steps.clamp(0, 15).view([n, k]).to(3), torch.stack([scales, zeros], 2).transpose(0, 1).contiguous()

def pairs(self: __torch__.Net, steps: Tensor) -> Tensor:
  """Q (N, K) to bytes (N, K/2), the first of two inputs in the upper half."""
  return (steps[:, ::2] * 16 + steps[:, 1::2]).to(0).contiguous()

def inner_tiles(self: __torch__.Net, k: int) -> int:
  """How many tiles of 16 inputs CUDA's kernel loads at once, of the 8, 4 or 2 that it can."""
  return 8 if k % 128 == 0 else (4 if k % 64 == 0 else 2)

def pack_int4(self: __torch__.Net, weight: Tensor, group: int) -> Tuple[Tensor, Tensor]:
  if not weight.is_cuda:
    steps, groups = self.round_int4(weight, group)
    return torch._convert_weight_to_int4pack_for_cpu(steps, 1), groups
  rows, parts = annotate(List[Tensor], []), annotate(List[Tensor], [])
  for some in weight.split(2048):  # what is 32 bits wide on the way would take eight times the layer's fp16
    steps, groups = self.round_int4(some, group)
    rows.append(self.pairs(steps))
    parts.append(groups)
  return torch._convert_weight_to_int4pack(torch.cat(rows), self.inner_tiles(weight.size(1))), torch.cat(parts, 1).contiguous()

def keep(self: __torch__.Net, name: str, layer: __torch__.torch.classes.quantized.LinearPackedParamsBase) -> None:
  self.packed[name] = layer

def keep_int4(self: __torch__.Net, name: str, layer: Tuple[Tensor, Tensor]) -> None:
  self.buffers[name + ".int4"], self.buffers[name + ".groups"] = layer

def keep_rows(self: __torch__.Net, name: str, layer: Tuple[Tensor, Tensor]) -> None:
  self.buffers[name + ".rows"], self.buffers[name + ".scales"] = layer

def keep_columns(self: __torch__.Net, name: str, layer: Tuple[Tensor, Tensor]) -> None:
  rows, scales = layer
  self.buffers[name + ".columns"], self.buffers[name + ".scales"] = rows.t(), scales

def multiplies_int8(self: __torch__.Net, device: str) -> int:
  """Returns 0, unless the device has no cores for this: then it fails."""
  x = torch.zeros([32, 32], dtype=1, device=torch.device(device))
  return int(torch.sum(torch._int_mm(x, x.t())))

def halves(self: __torch__.Net, x: Tensor) -> Tuple[Tensor, Tensor]:
  """One rounding to 8 bits would lose the small activations beside the few large ones that OPT has
  (Dettmers et al. 2022, arXiv 2208.07339). So what the rounding leaves over goes along as further
  rows, 126 times as large; both parts have 7 bits, whose products cannot overflow on any CPU.
  Activations (M, K) to both parts (2M, K) and the size of a step (M, 1)."""
  steps = torch.linalg_vector_norm(x, inf, [1], True).div_(63.0).clamp_(min=1e-30)
  x = x / steps
  high = torch.round(x)
  return torch.cat([high, x.sub_(high).mul_(126.0)]), steps

def int8(self: __torch__.Net, name: str, parts: Tensor, steps: Tensor, bias: Optional[Tensor]) -> Tensor:
  high, low = ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(parts, 1.0, 64, self.packed[name + ".int8"]).chunk(2)
  y = high.add_(low, alpha=1.0 / 126.0)
  return y.mul_(steps) if bias is None else torch.addcmul(bias, y, steps)

def int8_columns(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  """The same sums from Q as columns (K, N), in CUDA's own product, which wants more than 16 rows."""
  parts, steps = self.halves(x.to(6))
  count = parts.size(0)
  parts = torch.constant_pad_nd(parts.round_(), [0, 0, 0, max(32 - count, 0)]).to(1)
  high, low = torch._int_mm(parts, self.buffers[name + ".columns"])[:count].to(6).chunk(2)
  return high.add_(low, alpha=1.0 / 126.0).mul_(steps).mul_(self.buffers[name + ".scales"]).to(x.dtype)

def int4(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  packed, groups = self.buffers[name + ".int4"], self.buffers[name + ".groups"]
  group = x.size(-1) // groups.size(0)
  if x.is_cuda:
    y = torch._weight_int4pack_mm(x.to(15), packed, group, groups)
  else:
    y = torch._weight_int4pack_mm_for_cpu(x.to(15), packed, group, groups)
  return y.to(x.dtype)

def widened(self: __torch__.Net, name: str, x: Tensor) -> Tensor:
  scales = self.buffers[name + ".scales"].to(x.dtype).unsqueeze(1)
  return torch.linear(x, torch.mul(self.buffers[name + ".rows"], scales), None)

def is_packed(self: __torch__.Net, name: str) -> bool:
  buffered = name + ".int4" in self.buffers or name + ".scales" in self.buffers
  return buffered or name + ".fp16" in self.packed or name + ".int8" in self.packed

def packed_linear(self: __torch__.Net, name: str, x: Tensor, bias: Optional[Tensor]) -> Tensor:
  """Activations (M, K) to (M, N)."""
  if name + ".int8" in self.packed:
    parts, steps = self.halves(x)
    return self.int8(name, parts, steps, bias)
  if name + ".fp16" in self.packed:
    y = ops.quantized.linear_dynamic_fp16(x, self.packed[name + ".fp16"])
  elif name + ".columns" in self.buffers:
    y = self.int8_columns(name, x)
  elif name + ".rows" in self.buffers:
    y = self.widened(name, x)
  else:
    y = self.int4(name, x)
  return y if bias is None else y.add_(bias)

def has_linear(self: __torch__.Net, w: Dict[str, Tensor], name: str) -> bool:
  return name + ".weight" in w or self.is_packed(name)

def linear(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Activations (…, K) to (…, N)."""
  bias: Optional[Tensor] = None
  if name + ".bias" in w:
    bias = w[name + ".bias"]
  if name + ".weight" in w:
    return torch.linear(x, w[name + ".weight"], bias)
  if x.dim() == 2:
    return self.packed_linear(name, x, bias)
  return self.packed_linear(name, x.reshape([-1, x.size(-1)]), bias).view(x.size()[:-1] + [-1])

def linears(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, suffixes: List[str]) -> List[Tensor]:
  """The same activations (M, K) through several layers that are kept in one form."""
  results = annotate(List[Tensor], [])
  if name + suffixes[0] + ".int8" in self.packed:
    parts, steps = self.halves(x)
    for suffix in suffixes:
      layer = name + suffix
      bias: Optional[Tensor] = None
      if layer + ".bias" in w:
        bias = w[layer + ".bias"]
      results.append(self.int8(layer, parts, steps, bias))
  else:
    for suffix in suffixes:
      results.append(self.linear(w, name + suffix, x))
  return results
