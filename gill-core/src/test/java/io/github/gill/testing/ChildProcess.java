package io.github.gill.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A JVM of its own with this one's class path, for what a test cannot do to its own process. */
public final class ChildProcess implements AutoCloseable {

  private static final int PATIENCE_SECONDS = 300;

  private final Process process;
  private final Path log;

  private ChildProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** How to start one. */
  public static final class Builder {
    private final Class<?> main;
    private final List<String> shell = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private String classPath = System.getProperty("java.class.path");

    private Builder(Class<?> main) {
      this.main = main;
    }

    /** Adds options of the JVM. */
    public Builder options(String... added) {
      options.addAll(Arrays.asList(added));
      return this;
    }

    /** Sets a variable of its environment. */
    public Builder environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /** Leaves jars out of its class path whose names contain a text. */
    public Builder without(String jar) {
      classPath =
          Arrays.stream(classPath.split(File.pathSeparator))
              .filter(entry -> !Path.of(entry).getFileName().toString().contains(jar))
              .collect(Collectors.joining(File.pathSeparator));
      return this;
    }

    /** Lets a POSIX shell say something first, such as {@code ulimit -f 2048}. */
    public Builder after(String command) {
      shell.addAll(List.of("sh", "-c", command + " && exec \"$@\"", "sh"));
      return this;
    }

    /** Starts it. */
    public ChildProcess start(Object... arguments) throws IOException {
      List<String> command = new ArrayList<>(shell);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      // Quick to start, and without a file of counters that a limit on files would end.
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
      command.addAll(List.of("-Djava.awt.headless=true", "-Dai.djl.offline=true"));
      command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
      command.addAll(options);
      command.addAll(List.of("-cp", classPath, main.getName()));
      Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
      Path log = Files.createTempFile("child", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      return new ChildProcess(builder.start(), log);
    }

    /** Starts it, waits for its end, and returns what it printed. */
    public String run(Object... arguments) throws IOException, InterruptedException {
      try (ChildProcess child = start(arguments)) {
        if (!child.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          throw new AssertionError("the child does not end: " + child.output());
        }
        if (child.process.exitValue() != 0) {
          throw new AssertionError("exit " + child.process.exitValue() + ": " + child.output());
        }
        return child.output();
      }
    }
  }

  /** Describes a child that runs a class's main method. */
  public static Builder of(Class<?> main) {
    return new Builder(main);
  }

  /** Waits until something holds, for example that a file is there. */
  public void await(Condition condition) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new AssertionError("the child did not get there: " + output());
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  /** Waits until it printed a text. */
  public void awaitOutput(String text) throws IOException, InterruptedException {
    await(() -> output().contains(text));
  }

  /** Kills it (SIGKILL where there are signals) and waits until it is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** What it printed so far. */
  public String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Something to wait for. */
  @FunctionalInterface
  public interface Condition {
    /** Says whether it is so. */
    boolean holds() throws IOException;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    Files.deleteIfExists(log);
  }
}
