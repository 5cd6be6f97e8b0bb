package io.github.gill.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

class TorchLegacyTest extends CheckpointContract {

  @Override
  Path write(Path folder, Map<String, Sample> samples) throws IOException {
    return Files.write(folder.resolve("old.pt"), TorchArchive.legacy(samples));
  }
}
