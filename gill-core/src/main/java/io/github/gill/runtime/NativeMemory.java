package io.github.gill.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Structure;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The C library's allocator, which libtorch takes its tensors from.
 *
 * <p>glibc keeps freed memory in an arena for each thread that allocated, and returns only what
 * lies at an arena's end. A model that was loaded by one thread and used by another leaves holes in
 * both, so a process looks as if it leaked although nothing is in use. {@link #trim} mends that.
 * Elsewhere than on Linux with glibc everything here does nothing. Thread-safe.
 */
public final class NativeMemory {

  private static final Logger LOG = LoggerFactory.getLogger(NativeMemory.class);

  private static final @Nullable Function TRIM = find("malloc_trim");
  private static final @Nullable Function INFO = find("mallinfo2");

  private NativeMemory() {}

  /**
   * What the allocator holds, all threads' arenas together.
   *
   * @param used bytes that somebody allocated and has not freed
   * @param free bytes that are freed and kept for later, resident or given back to the system
   */
  public record Allocated(long used, long free) {}

  /**
   * Gives the system back every whole page that is free, in all arenas of the process. Takes
   * milliseconds; the pages are zeroed anew when they are next used, so call it when there is
   * nothing to do.
   */
  public static void trim() {
    if (TRIM != null) {
      TRIM.invokeInt(new Object[] {new NativeLong(0)});
    }
  }

  /**
   * Asks the allocator what it holds.
   *
   * @return sums over the process, or empty where glibc is older than 2.33 or another library
   */
  public static Optional<Allocated> allocated() {
    if (INFO == null) {
      return Optional.empty();
    }
    MallInfo info = (MallInfo) INFO.invoke(MallInfo.class, new Object[0]);
    return Optional.of(new Allocated(info.uordblks + info.hblkhd, info.fordblks));
  }

  private static @Nullable Function find(String name) {
    if (!Platform.isLinux()) {
      return null;
    }
    try {
      return NativeLibrary.getInstance("c").getFunction(name);
    } catch (UnsatisfiedLinkError e) {
      LOG.debug("this C library has no {}", name, e);
      return null;
    }
  }

  /** {@code struct mallinfo2}, in the names of {@code malloc.h}; JNA fills its fields. */
  @Structure.FieldOrder({
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost"
  })
  public static final class MallInfo extends Structure implements Structure.ByValue {
    /** Bytes in arenas. */
    public long arena;

    /** Free chunks. */
    public long ordblks;

    /** Free small chunks. */
    public long smblks;

    /** Blocks mapped on their own. */
    public long hblks;

    /** Bytes mapped on their own. */
    public long hblkhd;

    /** Always 0. */
    public long usmblks;

    /** Bytes in free small chunks. */
    public long fsmblks;

    /** Bytes in use in arenas. */
    public long uordblks;

    /** Bytes free in arenas. */
    public long fordblks;

    /** Bytes free at the end of the first arena. */
    public long keepcost;

    /** Makes a structure for JNA to fill. */
    public MallInfo() {}
  }
}
