package io.github.gill.examples.web;

import java.nio.file.Files;
import java.nio.file.Path;

/** The models that the chat is tested on. */
final class TestModel {

  /** Random weights: quick, and its words mean nothing. */
  static final Path MICRO = Path.of("../gill-core/src/test/resources/micro");

  private static final Path TINY = Path.of(System.getProperty("gill.tiny", "../models/gill-tiny"));

  private TestModel() {}

  static boolean tinyIsThere() {
    return Files.exists(TINY.resolve("model_args.json"));
  }

  /** The bundled model where this checkout has it. */
  static Path tiny() {
    return TINY;
  }
}
