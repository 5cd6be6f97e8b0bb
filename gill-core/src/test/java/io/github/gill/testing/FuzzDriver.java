package io.github.gill.testing;

import java.lang.reflect.Constructor;

/** Where Jazzer enters: its arguments are a {@link FuzzContract}'s class and one of its targets. */
public final class FuzzDriver {

  @SuppressWarnings("NullAway.Init")
  private static FuzzTarget target;

  private FuzzDriver() {}

  /** Called once. */
  public static void fuzzerInitialize(String[] arguments) throws Exception {
    Constructor<?> contract = Class.forName(arguments[0]).getDeclaredConstructor();
    contract.setAccessible(true);
    target = ((FuzzContract) contract.newInstance()).target(arguments[1]);
  }

  /** Called with every input. */
  public static void fuzzerTestOneInput(byte[] input) {
    target.check(input);
  }
}
