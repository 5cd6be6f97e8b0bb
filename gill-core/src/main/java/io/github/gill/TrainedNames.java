package io.github.gill;

import java.util.Map;

/** Brings the names in GILL's and FROMAGe's checkpoints into one form. */
final class TrainedNames {

  /** FROMAGe, GILL's predecessor, has one {@code [RET]} token and calls its parts otherwise. */
  private static final Map<String, String> FROMAGE =
      Map.of(
          "text_hidden_fcs.0.0.weight", "ret_text_hidden_fcs.0.model.weight",
          "text_hidden_fcs.0.0.bias", "ret_text_hidden_fcs.0.model.bias",
          "ret_input_embeddings.weight", "input_embeddings.weight");

  private TrainedNames() {}

  static String normalise(String name) {
    // Training on several devices puts "module." before names, wherever a module was wrapped.
    String plain = name.replace("module.", "");
    plain = plain.startsWith("model.") ? plain.substring("model.".length()) : plain;
    return FROMAGE.getOrDefault(plain, plain);
  }
}
