# The best candidates for a query (GILL, section 3.3): a scan in 16 bits finds everything that can
# be among the best, and only that is scored exactly.
#
# Axes: N candidates in chunks of n, R numbers in a key, M candidates that are scored exactly.

def empty(self: __torch__.Net) -> Dict[str, Tensor]:
  return annotate(Dict[str, Tensor], {})

def normalise(self: __torch__.Net, raw: Tensor) -> Tensor:
  """Keys (n, R) to unit length; what has no direction becomes zero."""
  wide = raw.to(7)
  length = torch.norm(wide, 2, [1], True)
  usable = torch.logical_and(torch.isfinite(length), length > 0)
  return torch.where(usable, wide / length, torch.zeros_like(wide)).to(6)

def coarsen(self: __torch__.Net, keys: Tensor) -> Tensor:
  """The keys in 16 bits, those without direction as NaN."""
  absent = torch.amax(torch.abs(keys), [1], True) == 0
  return torch.masked_fill(keys, absent, nan).to(5)

def add(self: __torch__.Net, keys: Dict[str, Tensor], coarse: Dict[str, Tensor], chunk: int, raw: Tensor):
  unit = self.normalise(raw)
  keys["keys." + str(chunk)] = unit
  coarse["coarse." + str(chunk)] = self.coarsen(unit)

def encode(self: __torch__.Net, raw: Tensor) -> Tuple[Tensor, Tensor]:
  """Keys (n, R) in 32 bits and the bytes of those in 16."""
  unit = self.normalise(raw)
  return unit, torch.view_copy(self.coarsen(unit), dtype=0)

def scan(self: __torch__.Net, coarse: Dict[str, Tensor], chunks: int, query: Tensor) -> Tensor:
  q = query.to(5)
  scores = annotate(List[Tensor], [])
  for i in range(chunks):
    scores.append(torch.mv(coarse["coarse." + str(i)], q))
  return torch.nan_to_num(torch.cat(scores).to(6), -inf, -inf, -inf)  # (N)

def cosines(self: __torch__.Net, keys: Dict[str, Tensor], chunks: int, query: Tensor, near: Tensor) -> Tensor:
  """Cosines of the query and some candidates, given in ascending order (M), in 64 bits."""
  q = query.to(7)
  ends = annotate(List[int], [])
  end = 0
  for i in range(chunks):
    end = end + keys["keys." + str(i)].size(0)
    ends.append(end)
  cuts = torch.searchsorted(near, torch.tensor(ends))
  exact = torch.zeros(near.size(), dtype=7)
  first = 0
  start = 0
  for i in range(chunks):
    last = int(cuts[i])
    if last > first:
      rows = torch.index_select(keys["keys." + str(i)], 0, near[first:last] - start)
      exact[first:last] = torch.mv(rows.to(7), q)
    first = last
    start = ends[i]
  return exact

def best(self: __torch__.Net, keys: Dict[str, Tensor], coarse: Dict[str, Tensor], chunks: int, query: Tensor, scale: float, k: int, shown: Tensor, penalty: float, error: float) -> Tuple[Tensor, Tensor]:
  """Indices and scores of the k best; error bounds what 16 bits take from a cosine."""
  rough = self.scan(coarse, chunks, query)
  if shown.size(0) > 0:
    rough[shown] = rough[shown] - penalty / scale
  # At least k candidates are truly above the k-th rough cosine less the error.
  floor = torch.topk(rough, k)[0][-1] - 2.0 * error
  near = torch.nonzero(torch.logical_and(rough >= floor, rough > -inf)).squeeze(1)  # (M)
  scores = scale * self.cosines(keys, chunks, query, near)
  scores = (scores - penalty * torch.isin(near, shown).to(7)).to(6)
  order = torch.sort(scores, stable=True, dim=0, descending=True)[1][:k]
  return near[order], scores[order]
