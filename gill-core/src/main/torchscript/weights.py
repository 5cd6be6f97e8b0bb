# Brings a tensor from a checkpoint's bytes to the device and type that a network computes in.

def place(self: __torch__.Net, x: Tensor, file_type: int, shape: List[int], device: str, type: int) -> Tensor:
  if file_type == 15:
    x = torch.view_copy(x, dtype=15)  # DJL cannot name bfloat16, so it arrives as bytes
  return x.view(shape).to(torch.device(device), type)

def upload(self: __torch__.Net, x: Tensor, file_type: int, shape: List[int], device: str, type: int, count: int, pinned: bool) -> Tensor:
  """The same for a CUDA device, by way of two staging buffers of count numbers: one is filled from
  the file while the other is copied. Types change on the device. Kernels of convolutions end with
  their channels last, as the device's convolutions read them."""
  x = x.view([-1])
  each = 2 if file_type == 15 else 1  # of bfloat16's bytes
  place = torch.device(device)
  y = torch.empty(shape, dtype=type, device=place)
  flat = y.view([-1])
  size = min(count, x.size(0))
  staging = [torch.empty([size], dtype=x.dtype, pin_memory=pinned), torch.empty([min(size, x.size(0) - size)], dtype=x.dtype, pin_memory=pinned)]
  start, idle = 0, 0
  while start < x.size(0):
    end = min(start + count, x.size(0))
    part = staging[(start // count) % 2][:end - start]
    part.copy_(x[start:end])
    if start > 0:
      idle = idle + self.wait(place)  # for the other buffer, which is filled next; 0, used below lest it be optimised away
    sent = part.to(place, x.dtype, True)
    if file_type == 15:
      sent = torch.view_copy(sent, dtype=15)
    flat[start // each:end // each] = sent
    start = end + idle
  return y.contiguous(memory_format=2) if len(shape) == 4 else y

def wait(self: __torch__.Net, device: Device) -> int:
  """Returns 0 once all that was asked of the device is done."""
  return int(torch.zeros([1], dtype=4, device=device))

def column_mean(self: __torch__.Net, x: Tensor) -> Tensor:
  return x.to(6).mean(0)
