# The layers that take most of a network's time, as libtorch has them. Programs that call these are
# loaded with this file or, where the CPU computes with oneDNN, with layers_onednn.py.

def dense(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  return torch.linear(x, weight.to(x.dtype).flatten(1), bias)  # 1 × 1 convolutions of tokens are linear layers

def dense_relu(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  return torch.relu(self.dense(x, weight, bias))

def double(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Pixels (B, C, h, w), each repeated to 2 × 2, through a convolution of 3 × 3: (B, O, 2h, 2w)."""
  x = torch.upsample_nearest2d(x, [x.size(2) * 2, x.size(3) * 2])
  return self.convolve(x, w[name + ".weight"], w[name + ".bias"], 1, 1)

def convolve(self: __torch__.Net, x: Tensor, weight: Tensor, bias: Optional[Tensor], stride: int, padding: int) -> Tensor:
  return torch.conv2d(x, weight.to(x.dtype), bias, [stride, stride], [padding, padding])
