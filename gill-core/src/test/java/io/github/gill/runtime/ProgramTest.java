package io.github.gill.runtime;

import java.nio.*;
import org.junit.jupiter.api.Test;

class ProgramTest {
  @Test
  void probes() {
    String src =
"""
def view(self: __torch__.Net, x: Tensor, dtype: int, shape: List[int]) -> Tensor:
  # comment
  y = torch.view_copy(x, dtype=dtype)
  return y.view(shape)
def f(self: __torch__.Net, x: Tensor, n: int) -> Tensor:
  '''doc'''
  for i in range(n):
    x = x + i * 2.0
  if n > 2:
    x = x * 2
  y = x[:, 0]
  y[0] = 5.0
  z = [y, y]
  return torch.cat(z, 0)
def gen(self: __torch__.Net, seed: int, n: int) -> Tensor:
  g = torch.Generator(device=torch.device("cpu"), seed=seed)
  return torch.randn([n], generator=g)
def mk(self: __torch__.Net, seed: int) -> Generator:
  return torch.Generator(device=torch.device("cpu"), seed=seed)
def draw(self: __torch__.Net, g: Generator, n: int) -> Tensor:
  return torch.randn([n], generator=g)
def opt(self: __torch__.Net, x: Tensor, m: Optional[Tensor]) -> Tuple[Tensor, int]:
  if m is None:
    return x, len(x.shape)
  else:
    return x + m, 2
def kw(self: __torch__.Net, x: Tensor) -> Tensor:
  y = torch.scaled_dot_product_attention(x, x, x, is_causal=True)
  q, k = x.chunk(2, dim=-1)
  w = self.gen(1, 2)
  a = torch.softmax(x, -1)
  return y.transpose(1, 2).reshape([1, -1]).float()
""";
    try (Program p = Program.compile("probe", src);
        Scope s = new Scope()) {
      Value x = s.floats(new float[] {1, 2, 3, 4}, 2, 2);
      System.out.println(java.util.Arrays.toString(p.call(s, "f", x, 3).toFloats()));
      System.out.println(java.util.Arrays.toString(p.call(s, "gen", 1337, 3).toFloats()));
      Value g = p.call(s, "mk", 1337);
      System.out.println(java.util.Arrays.toString(p.call(s, "draw", g, 2).toFloats()));
      System.out.println(java.util.Arrays.toString(p.call(s, "draw", g, 2).toFloats()));
      ByteBuffer b = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
      b.asFloatBuffer().put(new float[] {7, 8});
      System.out.println(
          java.util.Arrays.toString(p.call(s, "view", s.view(b), 6, new long[] {2, 1}).toFloats()));
      System.out.println(
          java.util.Arrays.toString(
              p.call(s, "kw", s.floats(new float[16], 1, 2, 2, 4)).toFloats()));
      try {
        p.call(s, "view", s.view(b), 15, new long[] {2, 2}).toFloats();
      } catch (Throwable t) {
        System.out.println(t);
      }
      try {
        p.call(s, "f", 3, 3);
      } catch (Throwable t) {
        System.out.println(t);
      }
      try {
        p.call(s, "nope", 3, 3);
      } catch (Throwable t) {
        System.out.println(t);
      }
    }
    System.out.println(Value.alive());
  }
}
