# The layers that take most of a network's time, on weights that lie in oneDNN's blocked order.
# libtorch's own layers bring convolutions' weights into it at every call, which costs more than the
# convolution where pictures are small, and multiply linear layers with another library.

def phases(self: __torch__.Net, weight: Tensor) -> Tensor:
  """A kernel of 3 × 3 over repeated pixels sees only 2 × 2 different ones: rows y − 1 and y of the
  small picture for output row 2y, y and y + 1 for 2y + 1. (O, I, 3, 3) to a kernel for each of the
  four places of an output pixel, (4O, I, 2, 2)."""
  a, b, c = weight[:, :, 0], weight[:, :, 1], weight[:, :, 2]
  kernels = annotate(List[Tensor], [])
  for rows in [torch.stack([a, b + c], 2), torch.stack([a + b, c], 2)]:  # (O, I, 2, 3)
    a, b, c = rows[:, :, :, 0], rows[:, :, :, 1], rows[:, :, :, 2]
    kernels.append(torch.stack([a, b + c], 3))
    kernels.append(torch.stack([a + b, c], 3))
  return torch.cat(kernels)

def double(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Pixels (B, C, h, w), each repeated to 2 × 2, through a convolution of 3 × 3: (B, O, 2h, 2w)."""
  weight, bias = w[name + ".weight"], w[name + ".bias"]
  height, width = x.size(2), x.size(3)
  if not weight.is_mkldnn:
    return self.convolve(torch.upsample_nearest2d(x, [height * 2, width * 2]), weight, bias, 1, 1)
  four = self.convolve(x, weight, torch.cat([bias, bias, bias, bias]), 1, 1)  # (B, 4O, h + 1, w + 1)
  y = torch.empty([x.size(0), bias.size(0), height * 2, width * 2], dtype=x.dtype, memory_format=2)
  for i in range(4):
    top, left = i // 2, i % 2
    phase = four[:, i * bias.size(0):(i + 1) * bias.size(0), top:top + height, left:left + width]
    y[:, :, top::2, left::2] = phase
  return y

def try_layers(self: __torch__.Net, type: int) -> int:
  """Fails where the processor does not compute in this type."""
  x = torch.zeros([1, 8, 8, 8], dtype=type)
  y = self.convolve(x, ops.mkldnn._reorder_convolution_weight(x, [4, 4], [1, 1], [1, 1], 1, None), None, 1, 4)
  y = self.dense(x, ops.mkldnn._reorder_linear_weight(x[0, 0], None), None)
  return y.dim()

def pack(self: __torch__.Net, w: Dict[str, Tensor]) -> int:
  """Reorders the layers' weights, one after the other; any other tensor becomes a copy of its own."""
  for name in w.keys():
    x = w[name]
    if name.find("decoder.up_blocks") >= 0 and name.endswith("upsamplers.0.conv.weight"):
      w[name] = ops.mkldnn._reorder_convolution_weight(self.phases(x), [1, 1], [1, 1], [1, 1], 1, None)
    elif x.dim() == 4 and name.find("conv") >= 0:
      stride = 2 if name.find("downsamplers") >= 0 else 1
      padding = x.size(2) // 2
      w[name] = ops.mkldnn._reorder_convolution_weight(x, [padding, padding], [stride, stride], [1, 1], 1, None)
    elif (x.dim() == 2 or x.dim() == 4) and name.endswith(".weight") and name.find("embed") < 0:
      w[name] = ops.mkldnn._reorder_linear_weight(x.flatten(1), None)
    else:
      w[name] = x.clone()
  return len(w)

def dense(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if weight.is_mkldnn:
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), "")
  return torch.linear(x, weight.to(x.dtype).flatten(1), bias)

def dense_relu(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if weight.is_mkldnn:
    return ops.mkldnn._linear_pointwise(x, weight, bias, "relu", annotate(List[Optional[number]], []), "")
  return torch.relu(self.dense(x, weight, bias))

def convolve(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor], stride: int, padding: int) -> Tensor:
  if weight.is_mkldnn:
    return ops.mkldnn._convolution_pointwise(x, weight, bias, [padding, padding], [stride, stride], [1, 1], 1, "none", annotate(List[Optional[number]], []), "")
  return torch.conv2d(x, weight.to(x.dtype), bias, [stride, stride], [padding, padding])
