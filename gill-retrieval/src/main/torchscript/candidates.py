# The best candidates for a query (GILL, section 3.3): a scan in 16 bits finds everything that can
# be among the best, and only that is scored exactly.
#
# Axes: N candidates in chunks of n, R numbers in a key, M candidates that are scored exactly.
# A key without direction (zero, infinite, NaN) is lost: kept as zeros and never found.

def empty(self: __torch__.Net) -> Dict[str, Tensor]:
  return annotate(Dict[str, Tensor], {})

def pieces(self: __torch__.Net) -> List[Tensor]:
  return annotate(List[Tensor], [])

def normalise(self: __torch__.Net, raw: Tensor) -> Tensor:
  wide = raw.to(7)  # (n, R)
  length = torch.norm(wide, 2, [1], True)
  usable = torch.logical_and(torch.isfinite(length), length > 0)
  return torch.where(usable, wide / length, torch.zeros_like(wide)).to(6)

def is_lost(self: __torch__.Net, keys: Tensor) -> Tensor:
  return torch.amax(torch.abs(keys), [1]) == 0  # (n)

def encode(self: __torch__.Net, raw: Tensor) -> Tuple[Tensor, Tensor, int]:
  """Keys (n, R) of unit length in 32 bits, the bytes of those in 16, and how many are lost."""
  keys = self.normalise(raw)
  return keys, torch.view_copy(keys.to(5), dtype=0), int(self.is_lost(keys).sum())

def add(self: __torch__.Net, keys: Dict[str, Tensor], pieces: List[Tensor], raw: Tensor) -> int:
  unit = self.normalise(raw)
  keys["keys." + str(len(keys))] = unit
  pieces.append(unit.to(5))
  return int(self.is_lost(unit).sum())

def gather(self: __torch__.Net, coarse: Dict[str, Tensor], pieces: List[Tensor], device: str):
  coarse["coarse." + str(len(coarse))] = torch.cat(pieces).to(torch.device(device))
  pieces.clear()

def scan(self: __torch__.Net, coarse: Dict[str, Tensor], query: Tensor) -> Tensor:
  q = query.to(coarse["coarse.0"].device, 5)
  scores = annotate(List[Tensor], [])
  for i in range(len(coarse)):
    scores.append(torch.mv(coarse["coarse." + str(i)], q))
  return torch.cat(scores)  # (N), where the 16 bits are

def cosines(self: __torch__.Net, keys: Dict[str, Tensor], query: Tensor, near: Tensor) -> Tensor:
  """Cosines of the query and some candidates, given in ascending order (M), in 64 bits."""
  q = query.to(7)
  ends = annotate(List[int], [])
  end = 0
  for i in range(len(keys)):
    end = end + keys["keys." + str(i)].size(0)
    ends.append(end)
  cuts = torch.searchsorted(near, torch.tensor(ends))
  exact = torch.zeros(near.size(), dtype=7)
  first = 0
  start = 0
  for i in range(len(keys)):
    last = int(cuts[i])
    if last > first:
      rows = torch.index_select(keys["keys." + str(i)], 0, near[first:last] - start)
      exact[first:last] = torch.masked_fill(torch.mv(rows.to(7), q), self.is_lost(rows), -inf)
    first = last
    start = ends[i]
  return exact

def candidates(self: __torch__.Net, rough: Tensor, sure: int, error: float) -> Tensor:
  """All with a rough cosine not further than twice the error below the sure-th, ascending, on the
  CPU. A device sends back so few that two small copies are the rule."""
  some = min(4 * sure + 64, rough.size(0))
  values, near = torch.topk(rough, some)
  values, near = values.cpu(), near.cpu()
  floor = float(values[sure - 1]) - 2.0 * error
  if some < rough.size(0) and float(values[-1]) >= floor:
    return torch.nonzero(rough >= floor).squeeze(1).cpu()
  return torch.sort(near)[0]  # (M)

def best(self: __torch__.Net, keys: Dict[str, Tensor], coarse: Dict[str, Tensor], query: Tensor, scale: float, k: int, lost: int, shown: Tensor, penalty: float, error: float) -> Tuple[Tensor, Tensor]:
  """Indices and scores of the k best; error bounds what 16 bits take from a cosine."""
  rough = self.scan(coarse, query)
  # Among this many are k that are neither lost nor shown, so no true cosine of the k best lies
  # further than the error below the last of them, and no rough one than twice that.
  sure = min(k + lost + shown.size(0), rough.size(0))
  near = self.candidates(rough, sure, error)
  scores = scale * self.cosines(keys, query, near)
  scores = (scores - penalty * torch.isin(near, shown).to(7)).to(6)
  found = scores > -inf
  near = near[found]
  scores = scores[found]
  order = torch.sort(scores, stable=True, dim=0, descending=True)[1][:k]
  return near[order], scores[order]
