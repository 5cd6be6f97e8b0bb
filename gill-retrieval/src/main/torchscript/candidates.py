# The best candidates for a query (GILL, section 3.3): a scan in 16 or 8 bits finds everything that
# can be among the best, and only that is scored exactly.
#
# Axes: N candidates in chunks of n, R numbers in a key, P the next multiple of 32, M candidates that
# are scored exactly, B blocks of 64 candidates.
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

def shrink(self: __torch__.Net, keys: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  """The bytes of keys (n, R) in 8 bits (n, P), the size of each one's steps (n), which bfloat16 holds
  exactly, and by what length the rounding moved any key at most (1)."""
  wide = keys.to(7)
  steps = (torch.amax(torch.abs(wide), [1]) / 127.0).clamp(min=1e-30).to(15).to(7)
  rows = torch.round(wide / steps.unsqueeze(1)).clamp(-127, 127)
  moved = torch.norm(wide - rows * steps.unsqueeze(1), 2, [1]).amax()
  padded = torch.constant_pad_nd(rows, [0, self.missing(keys)]).to(1)
  return torch.view_copy(padded, dtype=0), steps.to(6), moved.to(6).view([1])

def missing(self: __torch__.Net, keys: Tensor) -> int:
  return (keys.size(-1) + 31) // 32 * 32 - keys.size(-1)  # the kernel takes 32 numbers at a time

def add(self: __torch__.Net, keys: Dict[str, Tensor], pieces: List[Tensor], raw: Tensor) -> int:
  unit = self.normalise(raw)
  keys["keys." + str(len(keys))] = unit
  pieces.append(unit.to(5))
  return int(self.is_lost(unit).sum())

def gather(self: __torch__.Net, coarse: Dict[str, Tensor], pieces: List[Tensor], device: str):
  coarse["coarse." + str(len(coarse))] = torch.cat(pieces).to(torch.device(device))
  pieces.clear()

def scan(self: __torch__.Net, coarse: Dict[str, Tensor], query: Tensor) -> Tensor:
  """Rough cosines (64 B), where the rounded keys are: those of N candidates, then as many -inf as fill
  the last block."""
  query = query.to(coarse["coarse.0"].device)
  scores = annotate(List[Tensor], [])
  n = 0
  for i in range(len(coarse)):
    name = str(i)
    if "coarse." + name in coarse:
      keys = coarse["coarse." + name]
      if "steps." + name in coarse:
        q = torch.constant_pad_nd(query, [0, self.missing(query)]).to(15)
        scores.append(torch._weight_int8pack_mm(q.unsqueeze(0), keys, coarse["steps." + name]).squeeze(0))
      else:
        scores.append(torch.mv(keys, query.to(5)))
      n = n + keys.size(0)
  scores.append(torch.full([(n + 63) // 64 * 64 - n], -inf, dtype=scores[0].dtype, device=query.device))
  return torch.cat(scores)

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
  """All with a rough cosine not further than twice the error below the sure-th, ascending, on
  the CPU (M)."""
  blocks = rough.view([-1, 64])
  peaks = torch.amax(blocks, [1]).to(6)  # (B)
  # Nothing outside the sure highest blocks is above what is highest in each of them.
  highest = torch.topk(peaks, min(sure, peaks.size(0)))[1]
  floor = float(torch.topk(blocks[highest].to(6).flatten(), sure)[0][-1]) - 2.0 * error
  high = torch.nonzero(peaks >= floor).squeeze(1)
  near = torch.nonzero(blocks[high].to(6) >= floor)  # (M, 2)
  return (high[near[:, 0]] * 64 + near[:, 1]).cpu()

def best(self: __torch__.Net, keys: Dict[str, Tensor], coarse: Dict[str, Tensor], query: Tensor, scale: float, count: int, k: int, lost: int, shown: Tensor, penalty: float, error: float) -> Tuple[Tensor, Tensor]:
  """Indices and scores of the k best; error bounds what the scan takes from a cosine."""
  rough = self.scan(coarse, query)
  # Among this many are k that are neither lost nor shown, so no true cosine of the k best lies
  # further than the error below the last of them, and no rough one than twice that.
  sure = min(k + lost + shown.size(0), count)
  near = self.candidates(rough, sure, error)
  scores = scale * self.cosines(keys, query, near)
  scores = (scores - penalty * torch.isin(near, shown).to(7)).to(6)
  found = scores > -inf
  near = near[found]
  scores = scores[found]
  order = torch.sort(scores, stable=True, dim=0, descending=True)[1][:k]
  return near[order], scores[order]
