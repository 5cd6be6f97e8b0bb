# Brings a tensor from a checkpoint's bytes to the device and type that a network computes in.

def place(self: __torch__.Net, x: Tensor, file_type: int, shape: List[int], device: str, type: int) -> Tensor:
  if file_type == 15:
    x = torch.view_copy(x, dtype=15)  # DJL cannot name bfloat16, so it arrives as bytes
  return x.view(shape).to(torch.device(device), type)

def column_mean(self: __torch__.Net, x: Tensor) -> Tensor:
  return x.to(6).mean(0)
