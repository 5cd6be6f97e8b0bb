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
  if temperature == 0.0:
    return int(torch.argmax(logits))
  logits = logits.cpu() / temperature
  if top_p < 1.0:
    descending, order = torch.sort(logits, -1, True)
    # A token goes if those before it already hold more than top_p of the probability.
    over = torch.cumsum(torch.softmax(descending, -1), -1) > top_p
    logits[order[1:][over[:-1]]] = -inf
  weights = torch.exp(logits)
  if bool(torch.isinf(weights).any()):
    weights = torch.exp(logits - logits.max())
  return int(torch.multinomial(weights, 1, generator=random))
