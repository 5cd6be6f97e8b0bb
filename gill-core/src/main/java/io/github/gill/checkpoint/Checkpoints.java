package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Opens checkpoints of every known format, alone or in a folder laid out as the hub's. */
public final class Checkpoints {

  private static final List<String> BASE_NAMES =
      List.of("model", "diffusion_pytorch_model", "pytorch_model");
  private static final List<String> EXTENSIONS =
      List.of("safetensors", "bin", "pth.tar", "pt", "pth");
  private static final List<String> VARIANTS = List.of("", "fp16", "bf16");

  private Checkpoints() {}

  /**
   * Opens a file, or finds the checkpoint of a folder.
   *
   * <p>A file is recognised by its content: safetensors, a PyTorch archive (zip or the older
   * sequence of pickles), or the index of a sharded checkpoint ({@code .json}). In a folder, files
   * of full precision come before variants ({@code NAME.fp16.safetensors}), safetensors before
   * pickles ({@code .bin}, {@code .pth.tar}, {@code .pt}, {@code .pth}), whole files before an
   * index and its shards.
   *
   * @param path a file or folder
   * @param baseNames file names without their endings to look for in the folder, the preferred
   *     first; if there are none, {@code model}, {@code diffusion_pytorch_model} and {@code
   *     pytorch_model}
   * @return the tensors; the caller closes it
   * @throws ModelFileException if there is no such file, or it is damaged or refused
   */
  public static Checkpoint open(Path path, String... baseNames) {
    if (!Files.isDirectory(path)) {
      return openFile(path);
    }
    return find(path, baseNames)
        .map(Checkpoints::openFile)
        .orElseThrow(
            () ->
                new ModelFileException(
                    "%s holds none of %s as .safetensors, .bin, .pth.tar, .pt or .pth, whole or with an index; it has %s"
                        .formatted(path, names(baseNames), listing(path))));
  }

  /**
   * Finds the checkpoint of a folder without opening it, in the order that {@link #open} tells.
   *
   * @param folder a folder
   * @param baseNames file names without their endings to look for, or none for the usual ones
   * @return the file or index to open, if there is one
   */
  public static Optional<Path> find(Path folder, String... baseNames) {
    for (String variant : VARIANTS) {
      String dotted = variant.isEmpty() ? "" : "." + variant;
      for (String extension : EXTENSIONS) {
        for (String base : names(baseNames)) {
          for (String name :
              List.of(
                  base + dotted + "." + extension,
                  base + "." + extension + ".index" + dotted + ".json",
                  base + dotted + "." + extension + ".index.json")) {
            Path candidate = folder.resolve(name);
            if (Files.isRegularFile(candidate)) {
              return Optional.of(candidate);
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Opens one file by its content. */
  static Checkpoint openFile(Path path) {
    if (path.getFileName().toString().endsWith(".json")) {
      return ShardedCheckpoint.open(path);
    }
    return openShard(path);
  }

  /** Opens one file by its content, an index not being one. */
  static Checkpoint openShard(Path path) {
    byte[] start = start(path);
    if (start.length >= 4 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4) {
      return TorchCheckpoint.openZip(path);
    }
    // Protocol 2, then the 10-byte number that torch.save wrote before it wrote zip archives.
    if (start.length >= 4 && start[0] == (byte) 0x80 && start[2] == (byte) 0x8a && start[3] == 10) {
      return TorchCheckpoint.openLegacy(path);
    }
    if (start.length == 9 && start[8] == '{') {
      return SafetensorsCheckpoint.open(path);
    }
    String name = path.getFileName().toString();
    if (new String(start, StandardCharsets.ISO_8859_1).startsWith("version ")) {
      throw new ModelFileException(
          name + " is a Git LFS pointer, not the file itself; fetch it with \"git lfs pull\"");
    }
    throw new ModelFileException(
        name
            + " is neither safetensors nor a PyTorch archive (it begins with "
            + hex(start)
            + "); download it again");
  }

  static IllegalArgumentException unknown(Checkpoint checkpoint, String name) {
    return new IllegalArgumentException(checkpoint.source() + " has no tensor \"" + name + "\"");
  }

  /** Returns a tensor's size if one buffer can hold it. */
  static int mappable(Checkpoint checkpoint, String name, TensorInfo info) {
    long bytes = info.bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new ModelFileException(
          "%s: \"%s\" of shape %s has %d bytes, one tensor may have %d; split it or store it in 16 bits"
              .formatted(checkpoint.source(), name, info.shape(), bytes, Integer.MAX_VALUE));
    }
    return (int) bytes;
  }

  private static List<String> names(String... baseNames) {
    return baseNames.length == 0 ? BASE_NAMES : Arrays.asList(baseNames);
  }

  private static byte[] start(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(9);
    } catch (IOException e) {
      throw new ModelFileException(FileErrors.unreadable(path, e, "check the model folder"), e);
    }
  }

  private static String listing(Path folder) {
    List<String> names = new ArrayList<>();
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (names.size() == 10) {
          names.add("…");
          break;
        }
        names.add(file.getFileName().toString());
      }
    } catch (IOException e) {
      return "what cannot be listed (" + FileErrors.reason(e) + ")";
    }
    return names.isEmpty() ? "no files" : String.join(", ", names);
  }

  private static String hex(byte[] bytes) {
    return bytes.length == 0 ? "nothing" : HexFormat.ofDelimiter(" ").formatHex(bytes);
  }
}
