package io.github.gill.runtime;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.github.gill.EngineFailureException;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A network as TorchScript: methods compiled from a source file that ships with the library.
 *
 * <p>A program has no parameters of its own; weights are an argument, so one program serves every
 * checkpoint of its architecture. Calls from several threads at once are safe. Close it after the
 * last call.
 */
public final class Program implements AutoCloseable {

  private final String name;
  private final PtSymbolBlock block;

  private Program(String name, PtSymbolBlock block) {
    this.name = name;
    this.block = block;
  }

  /**
   * Compiles a program from resources.
   *
   * @param owner a class whose loader sees the resources
   * @param names the files' names under {@code src/main/torchscript}, for example {@code opt.py};
   *     several files make one program
   * @return the program, which the caller closes
   * @throws EngineFailureException if the engine does not start or the source does not compile
   */
  public static Program load(Class<?> owner, String... names) {
    StringBuilder source = new StringBuilder();
    for (String name : names) {
      source.append(read(owner, "/io/github/gill/torchscript/" + name)).append('\n');
    }
    return compile(names[0], source.toString());
  }

  private static String read(Class<?> owner, String path) {
    try (InputStream source = owner.getResourceAsStream(path)) {
      if (source == null) {
        throw new FileNotFoundException(path + " is not on the class path");
      }
      return new String(source.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Compiles a program from its source.
   *
   * @param name a name for error messages
   * @param source methods in TorchScript, indented by nothing, with {@code self} of type {@code
   *     __torch__.Net}
   * @return the program, which the caller closes
   * @throws EngineFailureException if the engine does not start or the source does not compile
   */
  public static Program compile(String name, String source) {
    PtNDManager manager = Torch.manager();
    try {
      // DJL's Model would do, but leaves a folder behind for every stream and dies when collected.
      ByteArrayInputStream archive = new ByteArrayInputStream(ProgramArchive.wrap(source));
      return new Program(
          name, NativeCalls.run(() -> JniUtils.loadModule(manager, archive, false, false)));
    } catch (EngineException e) {
      throw EngineErrors.of(name + " does not compile", e);
    } catch (IOException e) {
      throw new EngineFailureException(name + " does not compile: " + e.getMessage(), e);
    }
  }

  /**
   * Runs a method.
   *
   * @param scope the owner of the result
   * @param method the method's name
   * @param arguments a {@link Value}, {@link Weights}, {@link Long}, {@link Integer}, {@link
   *     Double}, {@link Boolean}, {@link String}, {@code long[]}, {@code double[]} or a list of
   *     values, not empty and of one type, for each parameter
   * @return what the method returns
   * @throws io.github.gill.InsufficientMemoryException if memory runs out
   * @throws io.github.gill.ModelFileException if weights lie in a file that was changed
   * @throws EngineFailureException if the program fails otherwise, or the JVM is ending
   */
  public Value call(Scope scope, String method, Object... arguments) {
    List<IValue> temporary = new ArrayList<>(arguments.length);
    IValue[] inputs = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        inputs[i] = toNative(arguments[i], temporary);
      }
      // The optimising executor compiles anew for every shape it meets; the setting is per thread.
      JniUtils.setGraphExecutorOptimize(false);
      return scope.own(
          new Value(NativeCalls.run(() -> IValueUtils.runMethod(block, method, inputs))));
    } catch (EngineException e) {
      throw EngineErrors.of(name + "." + method, e);
    } finally {
      temporary.forEach(IValue::close);
    }
  }

  private static IValue toNative(Object argument, List<IValue> temporary) {
    if (argument instanceof Value value) {
      return value.handle();
    }
    if (argument instanceof Weights weights) {
      return weights.handle();
    }
    IValue made;
    if (argument instanceof Long || argument instanceof Integer) {
      made = IValue.from(((Number) argument).longValue());
    } else if (argument instanceof Double number) {
      made = IValue.from(number.doubleValue());
    } else if (argument instanceof Boolean truth) {
      made = IValue.from(truth.booleanValue());
    } else if (argument instanceof String text) {
      made = IValue.from(text);
    } else if (argument instanceof long[] numbers) {
      made = IValue.listFrom(numbers);
    } else if (argument instanceof double[] numbers) {
      made = IValue.listFrom(numbers);
    } else if (argument instanceof List<?> values) {
      made = IValue.listFrom(values.stream().map(v -> ((Value) v).handle()).toArray(IValue[]::new));
    } else {
      throw new IllegalArgumentException(
          argument.getClass().getName() + " cannot be passed to a program");
    }
    temporary.add(made);
    return made;
  }

  /** Frees the program. */
  @Override
  public void close() {
    NativeCalls.free(block::close);
  }

  @Override
  public String toString() {
    return name;
  }
}
