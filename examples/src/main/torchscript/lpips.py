# Learned perceptual distance of pictures over AlexNet (Zhang et al. 2018, arXiv 1801.03924,
# section 3; Krizhevsky 2014). Weights carry torchvision's and lpips' names.
#
# Axes: H × W pixels, of which the trunk sees 256 × 256.

def layer(self: __torch__.Net, w: Dict[str, Tensor], place: int, x: Tensor, stride: int, padding: int) -> Tensor:
  name = "features." + str(place)
  return torch.relu(torch.conv2d(x, w[name + ".weight"], w[name + ".bias"], [stride, stride], [padding, padding]))

def features(self: __torch__.Net, w: Dict[str, Tensor], x: Tensor) -> List[Tensor]:
  a = self.layer(w, 0, x, 4, 2)  # (1, 64, 63, 63)
  b = self.layer(w, 3, torch.max_pool2d(a, [3, 3], [2, 2]), 1, 2)  # (1, 192, 31, 31)
  c = self.layer(w, 6, torch.max_pool2d(b, [3, 3], [2, 2]), 1, 1)  # (1, 384, 15, 15)
  d = self.layer(w, 8, c, 1, 1)  # (1, 256, 15, 15)
  e = self.layer(w, 10, d, 1, 1)  # (1, 256, 15, 15)
  return [a, b, c, d, e]

def unit(self: __torch__.Net, x: Tensor) -> Tensor:
  return x / (torch.sqrt(torch.sum(x * x, [1], True)) + 1e-10)

def prepared(self: __torch__.Net, w: Dict[str, Tensor], x: Tensor) -> Tensor:
  x = torch._upsample_bilinear2d_aa(x.to(w["features.0.weight"]), [256, 256], False)
  # What the ImageNet normalisation comes to for samples from -1 to 1.
  shift = torch.tensor([-0.030, -0.088, -0.188], device=x.device).view([1, 3, 1, 1])
  scale = torch.tensor([0.458, 0.448, 0.450], device=x.device).view([1, 3, 1, 1])
  return (x - shift) / scale

def distance(self: __torch__.Net, w: Dict[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
  """Pictures (1, 3, H, W) with samples from -1 to 1 to their distance (1,), fp32."""
  fa, fb = self.features(w, self.prepared(w, a)), self.features(w, self.prepared(w, b))
  total = torch.zeros([1], device=fa[0].device)
  for i in range(len(fa)):
    difference = torch.pow(self.unit(fa[i]) - self.unit(fb[i]), 2)
    weighted = torch.conv2d(difference, w["lin" + str(i) + ".model.1.weight"])  # (1, 1, h, w)
    total = total + torch.mean(weighted, [1, 2, 3])
  return total.cpu()
