package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a pickle's instructions against an allow-list.
 *
 * <p>What a pickle can make here is: dictionaries with simple keys, lists, tuples, numbers, text,
 * truth values, None, an empty set, references to bytes of the file, and what {@link PickleObjects}
 * makes of names on its list. Python's machine imports and calls whatever a file names; this one
 * has no way to.
 *
 * <p>Each instruction does a bounded amount of work and makes at most one small object, so heap is
 * at most about 64 times the pickle (payloads stay in the file) and time is linear in it. Values
 * nest in data only, never on the Java stack.
 */
final class PickleMachine {

  private static final int MAX_STACK = 1 << 20;
  private static final int MAX_CELLS = 1 << 24;

  private final PickleLexer lexer;
  private final Set<Long> referenced;
  private final PickleObjects objects;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final ArrayList<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long memoized;
  private long cells;

  private PickleMachine(PickleLexer lexer, Set<Long> referenced, PickleObjects objects) {
    this.lexer = lexer;
    this.referenced = referenced;
    this.objects = objects;
  }

  /**
   * What came of a pickle.
   *
   * @param value its value
   * @param end the position behind its last byte
   */
  record Result(Object value, long end) {}

  /**
   * Runs one pickle.
   *
   * @param source what holds it
   * @param position where it begins
   * @param objects its allow-list
   * @return its value and end
   * @throws ModelFileException if it is damaged, or does anything that is not on the list
   */
  static Result run(ByteSource source, long position, PickleObjects objects) {
    Set<Long> referenced = new PickleLexer(source, position).references();
    PickleLexer lexer = new PickleLexer(source, position);
    PickleMachine machine = new PickleMachine(lexer, referenced, objects);
    try {
      return new Result(machine.run(), lexer.position());
    } catch (PickleObjects.Refusal e) {
      throw lexer.bad(e.what());
    }
  }

  private Object run() {
    if (lexer.next() != PickleOpcode.PROTO || lexer.number() < 2 || lexer.number() > 5) {
      throw lexer.bad("this is no pickle of protocol 2 to 5; save it again with Python 3");
    }
    while (true) {
      PickleOpcode opcode = lexer.next();
      if (opcode == PickleOpcode.STOP) {
        Object value = pop();
        if (!stack.isEmpty() || !marks.isEmpty()) {
          throw lexer.bad("the pickle ends with values left over; the file is damaged");
        }
        return value;
      }
      step(opcode);
    }
  }

  private void step(PickleOpcode opcode) {
    switch (opcode) {
      case PROTO, FRAME -> {}
      case MARK -> mark();
      case POP -> popOrUnmark();
      case POP_MARK -> sinceMark();
      case DUP -> push(peek());
      case NONE -> push(PickleValue.None.INSTANCE);
      case NEWTRUE -> push(true);
      case NEWFALSE -> push(false);
      case BININT, BININT1, BININT2 -> push(lexer.number());
      case LONG1, LONG4 -> push(lexer.integer());
      case BINFLOAT -> push(lexer.real());
      case SHORT_BINUNICODE, BINUNICODE, BINUNICODE8 -> push(lexer.text());
      case SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8 ->
          push(new PickleValue.Bytes(lexer.payload(), lexer.number()));
      case EMPTY_TUPLE -> push(new PickleValue.Tuple(List.of()));
      case TUPLE1 -> push(new PickleValue.Tuple(take(1)));
      case TUPLE2 -> push(new PickleValue.Tuple(take(2)));
      case TUPLE3 -> push(new PickleValue.Tuple(take(3)));
      case TUPLE -> push(new PickleValue.Tuple(sinceMark()));
      case EMPTY_LIST -> push(new ArrayList<>(0));
      case APPEND -> append(take(1));
      case APPENDS -> append(sinceMark());
      case EMPTY_DICT -> push(new LinkedHashMap<>());
      case SETITEM -> set(take(2));
      case SETITEMS -> set(sinceMark());
      case EMPTY_SET -> push(new PickleValue.EmptySet());
      case BINPUT, LONG_BINPUT -> memoize(lexer.number());
      case MEMOIZE -> memoize(memoized);
      case BINGET, LONG_BINGET -> push(recall(lexer.number()));
      case GLOBAL -> push(objects.global(lexer.module(), lexer.globalName()));
      case STACK_GLOBAL -> stackGlobal();
      case REDUCE -> reduce();
      case BUILD -> build();
      case BINPERSID -> push(objects.persistent(pop()));
      default -> throw new IllegalStateException("the lexer lets no " + opcode + " through");
    }
  }

  private void push(Object value) {
    if (stack.size() == MAX_STACK) {
      throw lexer.bad("more than " + MAX_STACK + " values wait at once");
    }
    stack.add(value);
  }

  private void mark() {
    if (marks.size() == MAX_STACK) {
      throw lexer.bad("more than " + MAX_STACK + " marks wait at once");
    }
    marks.add(stack.size());
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
  }

  private Object peek() {
    need(1);
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    need(1);
    return stack.remove(stack.size() - 1);
  }

  private void popOrUnmark() {
    if (!marks.isEmpty() && floor() == stack.size()) {
      marks.remove(marks.size() - 1);
    } else {
      pop();
    }
  }

  private void need(int count) {
    if (stack.size() - floor() < count) {
      throw lexer.bad("a value is missing; the file is damaged");
    }
  }

  /** Takes the uppermost values off the stack. */
  private List<Object> take(int count) {
    need(count);
    cells += count;
    if (cells > MAX_CELLS) {
      throw lexer.bad("more than " + MAX_CELLS + " values lie in containers");
    }
    List<Object> top = stack.subList(stack.size() - count, stack.size());
    List<Object> taken = Collections.unmodifiableList(new ArrayList<>(top));
    top.clear();
    return taken;
  }

  private List<Object> sinceMark() {
    if (marks.isEmpty()) {
      throw lexer.bad("a mark is missing; the file is damaged");
    }
    List<Object> values = take(stack.size() - floor());
    marks.remove(marks.size() - 1);
    return values;
  }

  private void append(List<Object> elements) {
    if (!(peek() instanceof ArrayList<?> list)) {
      throw lexer.bad(PickleValue.kind(peek()) + " is appended to as if it were a list");
    }
    int below = stack.size() - 2;
    // The root's keys and values alternate above it: {, (, key, value, key, list.
    boolean underRoot =
        below >= 1
            && below % 2 == 1
            && stack.get(0) instanceof Map
            && (marks.isEmpty() ? below == 1 : marks.size() == 1 && floor() == 1);
    if (underRoot && objects.appended(stack.get(below), elements)) {
      cells = 0;
      return;
    }
    @SuppressWarnings("unchecked") // Only this machine makes lists, and of objects.
    ArrayList<Object> target = (ArrayList<Object>) list;
    target.addAll(elements);
  }

  private void set(List<Object> items) {
    if (!(peek() instanceof LinkedHashMap<?, ?> map) || items.size() % 2 != 0) {
      throw lexer.bad(PickleValue.kind(peek()) + " gets items as if it were a dictionary");
    }
    @SuppressWarnings("unchecked") // Only this machine makes dictionaries, and of objects.
    LinkedHashMap<Object, Object> target = (LinkedHashMap<Object, Object>) map;
    boolean root = stack.size() == 1 && marks.isEmpty();
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      Object value = items.get(i + 1);
      // Hashing anything deeper could recurse without end.
      if (!(key instanceof String
          || key instanceof Number
          || key instanceof Boolean
          || key instanceof PickleValue.None)) {
        throw lexer.bad(PickleValue.kind(key) + " is a dictionary's key; use text or numbers");
      }
      if (!root || !objects.item(key, value)) {
        target.put(key, value);
      }
    }
  }

  private void memoize(long index) {
    memoized++;
    Object value = peek();
    if (referenced.contains(index)) {
      memo.put(index, value);
    }
  }

  private Object recall(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw lexer.bad("memo entry " + index + " is read before it is written");
    }
    return value;
  }

  private void stackGlobal() {
    List<Object> names = take(2);
    if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
      throw lexer.bad("a global's name is not text");
    }
    push(objects.global(module, name));
  }

  private void reduce() {
    List<Object> call = take(2);
    if (!(call.get(1) instanceof PickleValue.Tuple arguments)) {
      throw lexer.bad("a call has " + PickleValue.kind(call.get(1)) + " for its arguments");
    }
    push(objects.call(call.get(0), arguments.items()));
  }

  private void build() {
    Object state = pop();
    objects.build(peek(), state);
  }
}
