package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the stored entries of a zip archive lie, so that they can be mapped in place.
 *
 * <p>{@link java.util.zip} tells everything about an entry but its position. Archives over 4 GiB
 * (zip64) are read, compressed and encrypted entries are listed but never inflated: {@code
 * torch.save} stores everything, and what is not inflated cannot be a bomb.
 */
final class ZipDirectory {

  private static final long END = 0x06054b50L;
  private static final long END_64 = 0x06064b50L;
  private static final long LOCATOR_64 = 0x07064b50L;
  private static final long CENTRAL = 0x02014b50L;
  private static final long LOCAL = 0x04034b50L;
  private static final int MAX_ENTRIES = 1 << 20;

  /**
   * One entry.
   *
   * @param header the position of its local header
   * @param size its length in the archive
   * @param crc its CRC-32
   * @param stored whether its bytes lie there as they are
   */
  private record Entry(long header, long size, long crc, boolean stored) {}

  private final ByteSource source;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long directory;

  private ZipDirectory(ByteSource source) {
    this.source = source;
  }

  /**
   * Reads an archive's directory.
   *
   * @param source the whole archive
   * @return its entries
   * @throws ModelFileException if the directory is missing or contradicts itself
   */
  static ZipDirectory read(ByteSource source) {
    ZipDirectory zip = new ZipDirectory(source);
    zip.readEntries(zip.findEnd());
    return zip;
  }

  Iterable<String> names() {
    return entries.keySet();
  }

  boolean has(String name) {
    return entries.containsKey(name);
  }

  /**
   * Returns an entry's length.
   *
   * @param name one of {@link #names()}
   */
  long size(String name) {
    return entry(name).size();
  }

  /**
   * Returns the CRC-32 that the directory has for an entry.
   *
   * @param name one of {@link #names()}
   */
  long crc(String name) {
    return entry(name).crc();
  }

  /**
   * Finds an entry's bytes.
   *
   * @param name one of {@link #names()}
   * @return the position of its first byte; {@link #size} bytes lie there as they are
   * @throws ModelFileException if the entry is absent, compressed, encrypted or beyond the file
   */
  long position(String name) {
    Entry entry = entry(name);
    if (!entry.stored()) {
      throw bad(
          "\""
              + name
              + "\" is compressed or encrypted, which torch.save never does; load the file in"
              + " PyTorch and save it again");
    }
    long header = entry.header();
    if (source.u32(header) != LOCAL) {
      throw bad("\"" + name + "\" is not where the directory says");
    }
    long position = header + 30 + source.u16(header + 26) + source.u16(header + 28);
    source.check(position, entry.size());
    if (position + entry.size() > directory) {
      throw bad("\"" + name + "\" runs into the archive's directory");
    }
    return position;
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw bad("entry \"" + name + "\" is missing; the file is incomplete, download it again");
    }
    return entry;
  }

  private long findEnd() {
    long first = Math.max(0, source.size() - 22 - 0xffff);
    for (long at = source.size() - 22; at >= first; at--) {
      if (source.get(at) == 'P' && source.u32(at) == END) {
        return at;
      }
    }
    throw bad("the zip archive's directory is missing; the file is cut off, download it again");
  }

  private void readEntries(long end) {
    long count = source.u16(end + 10);
    long size = source.u32(end + 12);
    directory = source.u32(end + 16);
    long limit = end;
    if (count == 0xffff || size == 0xffffffffL || directory == 0xffffffffL) {
      if (end < 20 || source.u32(end - 20) != LOCATOR_64) {
        throw bad("the zip64 directory is missing");
      }
      limit = source.i64(end - 12);
      source.check(limit, 56);
      if (source.u32(limit) != END_64) {
        throw bad("the zip64 directory is not where the archive says");
      }
      count = source.i64(limit + 32);
      size = source.i64(limit + 40);
      directory = source.i64(limit + 48);
    }
    if (count < 0 || count > MAX_ENTRIES || size < 0 || directory < 0 || directory > limit - size) {
      throw bad(
          "the directory claims %d entries in %d bytes at %d".formatted(count, size, directory));
    }
    long at = directory;
    for (long i = 0; i < count; i++) {
      at = readEntry(at, directory + size);
    }
  }

  private long readEntry(long at, long end) {
    if (at > end - 46 || source.u32(at) != CENTRAL) {
      throw bad("the directory is damaged at byte " + at);
    }
    int flags = source.u16(at + 8);
    int method = source.u16(at + 10);
    long packed = source.u32(at + 20);
    long size = source.u32(at + 24);
    int nameLength = source.u16(at + 28);
    int extraLength = source.u16(at + 30);
    long header = source.u32(at + 42);
    String name = new String(source.copy(at + 46, nameLength), StandardCharsets.UTF_8);
    long extra = at + 46 + nameLength;
    long next = extra + extraLength + source.u16(at + 32);
    if (next > end) {
      throw bad("the directory is damaged at byte " + at);
    }
    // The zip64 field holds, in this order, those of the three that did not fit 32 bits.
    long wide = wideField(extra, extra + extraLength);
    if (size == 0xffffffffL) {
      size = source.i64(wide);
      wide += 8;
    }
    if (packed == 0xffffffffL) {
      packed = source.i64(wide);
      wide += 8;
    }
    if (header == 0xffffffffL) {
      header = source.i64(wide);
    }
    if (size < 0 || packed < 0 || header < 0) {
      throw bad("\"" + name + "\" has impossible sizes");
    }
    boolean stored = method == 0 && (flags & 1) == 0 && packed == size;
    if (entries.put(name, new Entry(header, size, source.u32(at + 16), stored)) != null) {
      throw bad("\"" + name + "\" is there twice");
    }
    return next;
  }

  private long wideField(long from, long to) {
    long at = from;
    while (at + 4 <= to) {
      if (source.u16(at) == 1) {
        return at + 4;
      }
      at += 4 + source.u16(at + 2);
    }
    return to;
  }

  private ModelFileException bad(String what) {
    return new ModelFileException(source.name() + ": " + what);
  }
}
