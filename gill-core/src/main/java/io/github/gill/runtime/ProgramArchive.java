package io.github.gill.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Wraps TorchScript source in the archive that libtorch's loader reads.
 *
 * <p>The archive is a zip of stored entries: the source, a pickle of one object of the class {@code
 * Net}, a pickle of no constants, and the format's version. The object has three attributes: {@code
 * training}, and two dictionaries that are empty at first, {@code packed} for linear layers in the
 * form that fbgemm computes with and {@code buffers} for tensors that a program keeps to itself.
 */
final class ProgramArchive {

  private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 2, ')', '.'};
  private static final String PACKED =
      "Dict[str, __torch__.torch.classes.quantized.LinearPackedParamsBase]";
  private static final String BUFFERS = "Dict[str, Tensor]";

  private ProgramArchive() {}

  static byte[] wrap(String methods) {
    String source =
        "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n"
            + ("packed : " + PACKED + "\nbuffers : " + BUFFERS + "\n" + methods).indent(2);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "net/data.pkl", object());
      store(zip, "net/constants.pkl", EMPTY_TUPLE);
      store(zip, "net/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "net/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Pickles {@code Net} in protocol 2. */
  private static byte[] object() {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(new byte[] {(byte) 0x80, 2});
    pickle.writeBytes(ascii("c__torch__\nNet\n)"));
    pickle.writeBytes(new byte[] {(byte) 0x81, '}', '('});
    text(pickle, "training");
    pickle.write(0x89); // False
    text(pickle, "packed");
    emptyDict(pickle, PACKED);
    text(pickle, "buffers");
    emptyDict(pickle, BUFFERS);
    pickle.writeBytes(ascii("ub."));
    return pickle.toByteArray();
  }

  /** A container says its type through a function that the loader knows. */
  private static void emptyDict(ByteArrayOutputStream pickle, String type) {
    pickle.writeBytes(ascii("ctorch.jit._pickle\nrestore_type_tag\n}"));
    text(pickle, type);
    pickle.writeBytes(new byte[] {(byte) 0x86, 'R'});
  }

  private static void text(ByteArrayOutputStream pickle, String text) {
    pickle.writeBytes(new byte[] {'X', (byte) text.length(), 0, 0, 0});
    pickle.writeBytes(ascii(text));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
