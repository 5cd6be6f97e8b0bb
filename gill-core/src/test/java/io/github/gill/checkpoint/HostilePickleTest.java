package io.github.gill.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.gill.ModelFileException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Shapes of real exploits against Python's pickle, and pickles that only want memory or time. */
class HostilePickleTest {

  private static Object load(byte[] pickle) {
    return PickleMachine.run(new MemorySource("evil.pkl", pickle), 0, new TorchObjects()).value();
  }

  private static void refuses(byte[] pickle, String expected) {
    String message = Refused.message(() -> load(pickle));
    assertTrue(message.startsWith("evil.pkl"), message);
    assertTrue(message.contains(expected), message);
  }

  private static Pickler p(int version) {
    return Pickler.protocol(version);
  }

  @Test
  void refusesCallsByName() {
    refuses(
        p(2).global("os", "system").text("touch /tmp/x").op(0x85, 'R').stop(),
        "\"os.system\" is refused");
    refuses(p(2).global("posix", "system").stop(), "\"posix.system\" is refused");
    refuses(p(2).global("builtins", "eval").stop(), "\"builtins.eval\" is refused");
    refuses(p(2).global("builtins", "getattr").stop(), "\"builtins.getattr\" is refused");
    refuses(p(2).global("torch.serialization", "load").stop(), "\"torch.serialization.load\"");
    refuses(p(2).global("torch.hub", "load").stop(), "\"torch.hub.load\"");
    refuses(p(2).global("numpy", "load").stop(), "\"numpy.load\"");
    refuses(p(2).global("torch.storage", "_load_from_bytes").stop(), "_load_from_bytes\" is");
  }

  @Test
  void refusesNamesBuiltOnTheStackOrSplitOtherwise() {
    refuses(p(4).text("os").text("system").op(0x93).stop(), "\"os.system\" is refused");
    refuses(p(4).text("collections").text("OrderedDict.__init__").op(0x93).stop(), "refused");
    // The dot moved from one part to the other names something else in Python.
    refuses(p(4).text("torch._utils._rebuild_tensor_v2").text("x").op(0x93).stop(), "refused");
    refuses(p(4).integer(1).text("system").op(0x93).stop(), "name is not text");
    // Stored under one memo index, overwritten, then called.
    refuses(
        p(2).global("collections", "OrderedDict")
            .ops("q\0")
            .op('0')
            .text("os.system")
            .ops("q\0")
            .op('0')
            .ops("h\0)R")
            .stop(),
        "calling text with 0 arguments is refused");
    refuses(p(2).global("posix\nsystem\ncos", "system").stop(), "\"posix.system\" is refused");
  }

  @Test
  void refusesInstructionsThatRunOrReachOutside() {
    refuses(p(2).ops("(").text("id").ops("ios\nsystem\n").stop(), "INST is refused");
    refuses(p(2).ops("(").ops("o").stop(), "OBJ is refused");
    refuses(
        p(2).global("collections", "OrderedDict").op(')', 0x81).stop(),
        "NEWOBJ after \"collections.OrderedDict\" is refused");
    refuses(p(4).op('}', 0x92).stop(), "NEWOBJ_EX is refused");
    refuses(p(2).op(0x82, 1).stop(), "EXT1 is refused");
    refuses(p(2).op(0x83, 1, 0).stop(), "EXT2 is refused");
    refuses(p(2).op(0x84, 1, 0, 0, 0).stop(), "EXT4 is refused");
    refuses(p(5).op(0x97).stop(), "NEXT_BUFFER is refused");
    refuses(p(5).op(0x98).stop(), "READONLY_BUFFER is refused");
    refuses(p(2).ops("Pid\n").stop(), "PERSID is refused");
    refuses(p(2).ops("I1\n").stop(), "INT is refused");
    refuses(p(2).op(0xfe).stop(), "0xfe is no pickle instruction");
  }

  @Test
  void refusesStateForAnythingButDictionaries() {
    Pickler tensor = p(2).tensor(q -> q.storage("FloatStorage", "0", 1), 0, List.of(), List.of());
    refuses(tensor.ops("}b").stop(), "giving a tensor a state (BUILD) is refused");
    refuses(p(2).global("collections", "OrderedDict").ops("}b").stop(), "(BUILD) is refused");
    refuses(p(2).ops("]}b").stop(), "giving a list a state");
    refuses(p(2).ops("}]b").stop(), "giving a dictionary a state");
  }

  @Test
  void refusesCallsOfWhatIsNotCallable() {
    refuses(p(2).text("os.system").ops(")R").stop(), "calling text with 0 arguments");
    refuses(p(2).global("torch", "FloatStorage").ops(")R").stop(), "calling F32 with 0");
    refuses(p(2).global("collections", "OrderedDict").ops("}R").stop(), "for its arguments");
    refuses(
        p(2).global("torch._utils", "_rebuild_tensor_v2").ops(")R").stop(),
        "calling REBUILD_TENSOR with 0 arguments is refused");
    refuses(
        p(2).global("builtins", "set").ops("](K\u0001e").op(0x85, 'R').stop(),
        "calling SET with 1 arguments is refused");
  }

  @Test
  void refusesPersistentIdsGoneWrong() {
    refuses(p(2).text("module").op('Q').stop(), "a persistent id is not");
    refuses(p(2).ops(")Q").stop(), "a persistent id is not");
    refuses(
        p(2).op('(')
            .text("module")
            .global("torch", "FloatStorage")
            .text("0")
            .text("cpu")
            .integer(1)
            .ops("tQ")
            .stop(),
        "a persistent id is not");
    refuses(
        p(2).op('(')
            .text("storage")
            .text("FloatStorage")
            .text("0")
            .text("cpu")
            .integer(1)
            .ops("tQ")
            .stop(),
        "a persistent id is not");
    refuses(
        p(2).op('(')
            .text("storage")
            .global("torch", "FloatStorage")
            .text("0")
            .text("cpu")
            .integer(1)
            .ops("}tQ")
            .stop(),
        "views of others");
  }

  @Test
  void refusesLengthsBeyondTheFile() {
    refuses(p(2).op('X').u32(-1).stop(), "cut off");
    refuses(p(4).op(0x8d).u64(Long.MAX_VALUE).stop(), "cut off");
    refuses(p(4).op(0x8d).u64(-1).stop(), "cut off");
    refuses(p(4).op(0x8e).u64(1L << 40).stop(), "cut off");
    refuses(p(5).op(0x96).u64(1L << 40).stop(), "cut off");
    refuses(p(4).op(0x95).u64(1L << 40).stop(), "cut off");
    refuses(p(2).op(0x8b).u32(Integer.MAX_VALUE).stop(), "cut off");
    refuses(p(2).op(0x8b).u32(300).raw(new byte[300]).stop(), "a number has 300 bytes");
    refuses(p(2).ops("c" + "a".repeat(2000)).stop(), "longer than 1024");
  }

  @Test
  void refusesBrokenStacksMarksAndMemos() {
    refuses(p(2).stop(), "a value is missing");
    refuses(p(2).ops("NN").stop(), "values left over");
    refuses(p(2).ops("(N").stop(), "values left over");
    refuses(p(2).ops("Nt").stop(), "a mark is missing");
    refuses(p(2).ops("N(").op(0x85).stop(), "a value is missing");
    refuses(p(2).ops("h\5").stop(), "memo entry 5 is read before");
    refuses(p(2).ops("q\5").stop(), "a value is missing");
    refuses(p(2).ops("Na").stop(), "a value is missing");
    refuses(p(2).ops("NNa").stop(), "None is appended to");
    refuses(p(2).ops("NNNs").stop(), "None gets items");
    refuses(p(2).ops("}(Nu").stop(), "gets items");
    refuses(p(2).ops("}").ops("])").ops("s").stop(), "a list is a dictionary's key");
    refuses(p(2).ops("})Ns").stop(), "a tuple of 0 is a dictionary's key");
    refuses(new byte[] {'N', '.'}, "no pickle of protocol 2 to 5");
    refuses(p(1).ops("N").stop(), "no pickle of protocol 2 to 5");
    refuses(p(6).ops("N").stop(), "no pickle of protocol 2 to 5");
    refuses(p(2).ops("N").op(0x80, 2, 'X', 1, 0, 0, 0, 0xff).stop(), "not UTF-8");
    refuses(new byte[0], "cut off");
  }

  @Test
  void nestsWithoutTheJavaStack() {
    int depth = 200_000;
    Object nested = load(p(2).ops("]".repeat(depth) + "a".repeat(depth - 1)).stop());
    for (int i = 1; i < depth; i++) {
      nested = ((List<?>) nested).get(0);
    }
    assertEquals(List.of(), nested);
    refuses(p(2).ops("(".repeat(1_100_000)).stop(), "marks wait at once");
    refuses(p(2).ops("N".repeat(1_100_000)).stop(), "values wait at once");
  }

  @Test
  void aListMayHoldItself() {
    Object list = load(p(2).ops("]q\0h\0a").stop());
    assertTrue(list instanceof List<?> l && l.get(0) == list);
  }

  @Test
  void readsEveryHarmlessValue() {
    Object value =
        load(
            p(4).op(0x95)
                .u64(1)
                .ops("]q\u0001(N")
                .op(0x88, 0x89)
                .ops("K\u0007M\u0001\u0001J\u00ff\u00ff\u00ff\u00ff")
                .ops("G?\u00f8\0\0\0\0\0\0")
                .op(0x8a, 0, 0x8a, 1, 0x80, 0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1)
                .op(0x8c, 1, 'a')
                .op(0x8f)
                .op('h', 1)
                .op('0')
                .op('2', '0')
                .op('(', '1')
                .op('e')
                .stop());
    assertEquals(
        "[INSTANCE, true, false, 7, 257, -1, 1.5, 0, -128, 18446744073709551616, a, EmptySet[]]",
        value.toString());
  }

  /** Heap stays within the stated multiple and time is linear, whatever the bytes are. */
  @Test
  void refusesRandomInstructionsOnlyWithItsOwnException() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String alphabet = "(}]).KNatRsube012Qqhc";
    for (int round = 0; round < 20_000; round++) {
      byte[] pickle = new byte[2 + random.nextInt(200)];
      random.nextBytes(pickle);
      for (int i = 0; i < pickle.length; i++) {
        if (random.nextInt(4) > 0) {
          pickle[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        }
      }
      pickle[0] = (byte) 0x80;
      pickle[1] = 4;
      try {
        load(pickle);
      } catch (ModelFileException e) {
        assertTrue(String.valueOf(e.getMessage()).startsWith("evil.pkl"), e.getMessage());
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
  }
}
