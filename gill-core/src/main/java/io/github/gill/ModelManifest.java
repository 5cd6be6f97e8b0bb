package io.github.gill;

import io.github.gill.checkpoint.HubFile;
import io.github.gill.checkpoint.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Which files of a hub repository a model needs; gill-models has one for each real checkpoint.
 *
 * @param repository its name on the hub
 * @param licence the licence under which its owner shares it
 * @param gigabytes about how much is downloaded
 * @param files the files needed
 */
record ModelManifest(String repository, String licence, double gigabytes, List<HubFile> files) {

  /** Finds a repository's manifest on the class path. */
  static Optional<ModelManifest> find(String repository) {
    String name = "/io/github/gill/models/manifests/" + repository.replace("/", "--") + ".json";
    try (InputStream in = ModelManifest.class.getResourceAsStream(name)) {
      if (in == null) {
        return Optional.empty();
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(of(ModelConfig.parse(name, text)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ModelManifest of(ModelConfig json) {
    return new ModelManifest(
        json.text("repository", ""),
        json.text("licence", "unknown"),
        json.number("gigabytes", 0),
        json.texts("files").stream().map(HubFile::of).toList());
  }
}
