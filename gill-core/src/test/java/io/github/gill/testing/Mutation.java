package io.github.gill.testing;

import java.util.Arrays;
import java.util.Random;

/** Damages bytes the way disks, networks and attackers do. */
public final class Mutation {

  private static final byte[] INTERESTING = {
    0, 1, 0x7f, (byte) 0x80, (byte) 0xff, '{', '}', '"', '(', ')', 't', 'R', 'b', 'c', 'q', 'h', '.'
  };

  private Mutation() {}

  /** Returns a damaged copy. */
  public static byte[] of(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times && damaged.length > 0; i++) {
      int at = random.nextInt(damaged.length);
      int length = Math.min(damaged.length - at, 1 + random.nextInt(16));
      switch (random.nextInt(6)) {
        case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> damaged[at] = INTERESTING[random.nextInt(INTERESTING.length)];
        case 2 -> Arrays.fill(damaged, at, at + length, (byte) (random.nextBoolean() ? 0xff : 0));
        case 3 -> {
          int from = random.nextInt(damaged.length - length + 1);
          System.arraycopy(damaged, from, damaged, at, length);
        }
        case 4 -> damaged = Arrays.copyOf(damaged, at);
        default -> {
          byte[] longer = new byte[damaged.length + length];
          System.arraycopy(damaged, 0, longer, 0, at);
          System.arraycopy(damaged, at, longer, at + length, damaged.length - at);
          damaged = longer;
        }
      }
    }
    return damaged;
  }
}
