# Inception v3 (Szegedy et al. 2016, arXiv 1512.00567) in the variant that FID is measured with
# (Heusel et al. 2017): averages leave the padding out, and the last block takes a maximum instead.
# Weights carry torchvision's names.
#
# Axes: B pictures, H × W pixels, 2048 features.

def unit(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, stride: int) -> Tensor:
  """Convolution, batch norm, ReLU. Strided and the first two layers are not padded."""
  kernel = w[name + ".conv.weight"]
  padding = [kernel.size(2) // 2, kernel.size(3) // 2]
  if stride == 2 or name == "Conv2d_2a_3x3" or name == "Conv2d_4a_3x3":
    padding = [0, 0]
  x = torch.conv2d(x, kernel, None, [stride, stride], padding)
  norm = name + ".bn."
  x = torch.batch_norm(x, w[norm + "weight"], w[norm + "bias"], w[norm + "running_mean"], w[norm + "running_var"], False, 0.0, 0.001, False)
  return torch.relu(x)

def chain(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, length: int, stride: int) -> Tensor:
  """Layers name_1, name_2 … of which the last is strided."""
  for i in range(1, length + 1):
    x = self.unit(w, name + "_" + str(i), x, stride if i == length else 1)
  return x

def averaged(self: __torch__.Net, x: Tensor) -> Tensor:
  return torch.avg_pool2d(x, [3, 3], [1, 1], [1, 1], False, False)

def narrow(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Mixed_5: 1×1, 5×5 and two 3×3 side by side."""
  return torch.cat([
    self.unit(w, name + ".branch1x1", x, 1),
    self.chain(w, name + ".branch5x5", x, 2, 1),
    self.chain(w, name + ".branch3x3dbl", x, 3, 1),
    self.unit(w, name + ".branch_pool", self.averaged(x), 1)], 1)

def middle(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  """Mixed_6b to 6e: 7×7 as 1×7 and 7×1."""
  return torch.cat([
    self.unit(w, name + ".branch1x1", x, 1),
    self.chain(w, name + ".branch7x7", x, 3, 1),
    self.chain(w, name + ".branch7x7dbl", x, 5, 1),
    self.unit(w, name + ".branch_pool", self.averaged(x), 1)], 1)

def forked(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor) -> Tensor:
  return torch.cat([self.unit(w, name + "a", x, 1), self.unit(w, name + "b", x, 1)], 1)

def wide(self: __torch__.Net, w: Dict[str, Tensor], name: str, x: Tensor, pooled: Tensor) -> Tensor:
  """Mixed_7b and 7c: 3×3 as 1×3 beside 3×1."""
  return torch.cat([
    self.unit(w, name + ".branch1x1", x, 1),
    self.forked(w, name + ".branch3x3_2", self.unit(w, name + ".branch3x3_1", x, 1)),
    self.forked(w, name + ".branch3x3dbl_3", self.chain(w, name + ".branch3x3dbl", x, 2, 1)),
    self.unit(w, name + ".branch_pool", pooled, 1)], 1)

def forward(self: __torch__.Net, w: Dict[str, Tensor], pixels: Tensor) -> Tensor:
  """Pictures (B, 3, H, W) with samples from 0 to 1 to features (B, 2048), fp32."""
  x = torch.upsample_bilinear2d(pixels.to(w["Conv2d_1a_3x3.conv.weight"]), [299, 299], False)
  x = 2.0 * x - 1.0  # (B, 3, 299, 299)
  x = self.unit(w, "Conv2d_1a_3x3", x, 2)  # (B, 32, 149, 149)
  x = self.unit(w, "Conv2d_2a_3x3", x, 1)  # (B, 32, 147, 147)
  x = self.unit(w, "Conv2d_2b_3x3", x, 1)  # (B, 64, 147, 147)
  x = torch.max_pool2d(x, [3, 3], [2, 2])  # (B, 64, 73, 73)
  x = self.unit(w, "Conv2d_3b_1x1", x, 1)  # (B, 80, 73, 73)
  x = self.unit(w, "Conv2d_4a_3x3", x, 1)  # (B, 192, 71, 71)
  x = torch.max_pool2d(x, [3, 3], [2, 2])  # (B, 192, 35, 35)
  x = self.narrow(w, "Mixed_5b", x)  # (B, 256, 35, 35)
  x = self.narrow(w, "Mixed_5c", x)  # (B, 288, 35, 35)
  x = self.narrow(w, "Mixed_5d", x)  # (B, 288, 35, 35)
  x = torch.cat([
    self.unit(w, "Mixed_6a.branch3x3", x, 2),
    self.chain(w, "Mixed_6a.branch3x3dbl", x, 3, 2),
    torch.max_pool2d(x, [3, 3], [2, 2])], 1)  # (B, 768, 17, 17)
  x = self.middle(w, "Mixed_6b", x)
  x = self.middle(w, "Mixed_6c", x)
  x = self.middle(w, "Mixed_6d", x)
  x = self.middle(w, "Mixed_6e", x)
  x = torch.cat([
    self.chain(w, "Mixed_7a.branch3x3", x, 2, 2),
    self.chain(w, "Mixed_7a.branch7x7x3", x, 4, 2),
    torch.max_pool2d(x, [3, 3], [2, 2])], 1)  # (B, 1280, 8, 8)
  x = self.wide(w, "Mixed_7b", x, self.averaged(x))  # (B, 2048, 8, 8)
  x = self.wide(w, "Mixed_7c", x, torch.max_pool2d(x, [3, 3], [1, 1], [1, 1]))  # (B, 2048, 8, 8)
  return torch.mean(x, [2, 3]).cpu()
