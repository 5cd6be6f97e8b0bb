# The end of CLIP's text tower (Radford et al. 2021, arXiv 2103.00020, section 2.4).
#
# Axes: B texts, T positions, D hidden size, F size of the joint space.

def text_features(self: __torch__.Net, w: Dict[str, Tensor], states: Tensor, ends: Tensor) -> Tensor:
  """Last hidden states (B, T, D) and end tokens' places among all B·T positions (B,) to (B, F), fp32."""
  kernel = w["text_projection.weight"]
  pooled = torch.index_select(states.flatten(0, 1), 0, ends)  # (B, D)
  return torch.linear(pooled.to(kernel), kernel, None).to(6)
