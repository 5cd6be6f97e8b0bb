# The random numbers of one request, the same as the reference draws from a CPU generator.

def generator(self: __torch__.Net, seed: int) -> Generator:
  # The seed goes into the constructor: a call with constant arguments alone would be folded into
  # one generator shared by all threads.
  return torch.Generator(device=torch.device("cpu"), seed=seed)

def normal(self: __torch__.Net, random: Generator, shape: List[int]) -> Tensor:
  return torch.randn(shape, generator=random)
