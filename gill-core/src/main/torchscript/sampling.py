# The choice of the next token in GILL's decoding loop.

def generator(self: __torch__.Net, seed: int) -> Generator:
  return torch.Generator(device=torch.device("cpu"), seed=seed)

def allow(self: __torch__.Net, logits: Tensor, first_image: int, images: int, image_allowed: bool, ret_scale: float, gen_scale: float) -> Tensor:
  """Rules for [IMG0] … [IMGr-1] on logits (V): only [IMG0] can be chosen, and both factors scale it."""
  logits = logits.clone()
  logits[first_image + 1:first_image + images] = -inf
  if not image_allowed:
    logits[first_image] = -inf
  else:
    if ret_scale > 1.0:
      logits[first_image] = logits[first_image].abs() * ret_scale
    if gen_scale > 1.0:
      logits[first_image] = logits[first_image].abs() * gen_scale
  return logits

def choose(self: __torch__.Net, logits: Tensor, temperature: float, top_p: float, random: Generator) -> int:
  """Logits (V) on any device, from which one number comes back."""
  if temperature == 0.0:
    return int(torch.argmax(logits))
  logits = logits / temperature
  if top_p < 1.0:
    descending, order = torch.sort(logits, -1, True)
    # A token goes if those before it already hold more than top_p of the probability.
    # CUDA adds in no fixed order, which fp64 keeps far from what decides.
    over = torch.cumsum(torch.softmax(descending, -1), -1, dtype=7 if logits.is_cuda else 6) > top_p
    kept = torch.cat([descending[:1], torch.masked_fill(descending[1:], over[:-1], -inf)])
    logits = torch.scatter(logits, 0, order, kept)
  weights = torch.exp(logits)
  weights = torch.where(torch.isinf(weights).any(), torch.exp(logits - logits.max()), weights)
  # As torch.multinomial draws on the CPU: the largest p / q with q ~ Exp(1), from the same numbers.
  q = torch.empty(weights.size(), dtype=6).exponential_(1.0, generator=random)
  return int(torch.argmax(weights / q.to(weights.device)))
