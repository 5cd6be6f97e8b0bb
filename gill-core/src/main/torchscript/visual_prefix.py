# A picture becomes k tokens among the text's embeddings (GILL, section 3.1; Frozen, Tsimpoukelli et al. 2021).

def forward(self: __torch__.Net, w: Dict[str, Tensor], pooled: Tensor, tokens: int) -> Tensor:
  """Pooled features (1, D) to embeddings (1, k, E), fp32."""
  kernel = w["visual_embeddings.weight"]
  x = torch.linear(pooled.to(kernel), kernel, w["visual_embeddings.bias"])  # (1, k · E)
  return x.view([1, tokens, -1]).to(6)
