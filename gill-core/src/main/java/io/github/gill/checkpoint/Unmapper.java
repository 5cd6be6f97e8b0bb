package io.github.gill.checkpoint;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a mapping's address space back at once instead of whenever the collector finds it.
 *
 * <p>Java 17 has no public call for it. Where the JVM's own is out of reach, the collector remains.
 */
final class Unmapper {

  private static final Logger LOG = LoggerFactory.getLogger(Unmapper.class);
  private static final @Nullable MethodHandle INVOKE_CLEANER = find();

  private Unmapper() {}

  /**
   * Unmaps a buffer, which nobody may touch afterwards.
   *
   * @param mapping what {@link java.nio.channels.FileChannel#map} returned, not a slice of it
   */
  static void unmap(ByteBuffer mapping) {
    if (INVOKE_CLEANER == null || mapping.capacity() == 0) {
      return;
    }
    try {
      INVOKE_CLEANER.invoke(mapping);
    } catch (Throwable e) {
      LOG.debug("A mapping is left to the collector", e);
    }
  }

  private static @Nullable MethodHandle find() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(unsafe, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.debug("This JVM cannot unmap files early; the collector will", e);
      return null;
    }
  }
}
