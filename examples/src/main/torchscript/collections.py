# Distances between two collections of features, in fp64.
#
# Axes: N and M pictures, D features, S subsets of m pictures.

def root(self: __torch__.Net, x: Tensor) -> Tensor:
  """Features (N, D) to a matrix R of at most D rows where transposed R times R is their covariance."""
  centred = (x - torch.mean(x, [0])) / float(x.size(0) - 1) ** 0.5
  return torch.linalg_qr(centred, "r")[1] if x.size(0) > x.size(1) else centred

def frechet(self: __torch__.Net, a: Tensor, b: Tensor) -> Tensor:
  """Fréchet distance of two normal distributions (Dowson and Landau 1982) from samples (N, D), (M, D); fp32."""
  a, b = a.to(7), b.to(7)
  ra, rb = self.root(a), self.root(b)
  shift = torch.sum(torch.pow(torch.mean(a, [0]) - torch.mean(b, [0]), 2))
  spread = torch.sum(ra * ra) + torch.sum(rb * rb)
  shared = torch.sum(torch.linalg_svdvals(torch.matmul(ra, rb.t())))
  return (shift + spread - 2.0 * shared).to(6).reshape([1])

def similarity(self: __torch__.Net, x: Tensor, y: Tensor) -> Tensor:
  return torch.pow(torch.matmul(x, y.t()) / float(x.size(1)) + 1.0, 3)

def among(self: __torch__.Net, x: Tensor) -> Tensor:
  """Mean similarity of a picture to the other ones of its collection."""
  k = self.similarity(x, x)
  return (torch.sum(k) - torch.trace(k)) / float(x.size(0) * (x.size(0) - 1))

def kernel(self: __torch__.Net, a: Tensor, b: Tensor, rows_a: Tensor, rows_b: Tensor) -> Tensor:
  """Unbiased squared MMD (Gretton et al. 2012, lemma 6) of subsets given by rows (S, m) of samples; (S,), fp32."""
  a, b = a.to(7), b.to(7)
  distances: List[Tensor] = []
  for s in range(rows_a.size(0)):
    x, y = torch.index_select(a, 0, rows_a[s]), torch.index_select(b, 0, rows_b[s])
    distances.append(self.among(x) + self.among(y) - 2.0 * torch.mean(self.similarity(x, y)))
  return torch.stack(distances).to(6)
