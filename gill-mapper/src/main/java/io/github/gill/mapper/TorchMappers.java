package io.github.gill.mapper;

import io.github.gill.runtime.PackedLayers;
import io.github.gill.runtime.Program;
import io.github.gill.runtime.Scope;
import io.github.gill.runtime.Value;
import io.github.gill.runtime.Weights;
import io.github.gill.spi.ConditioningMapper;
import io.github.gill.spi.Matrix;
import io.github.gill.spi.ModelContext;
import io.github.gill.spi.PartReport;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Opens every {@link MapperKind}. */
public final class TorchMappers implements ConditioningMapper.Provider {

  /** Makes the provider; called by {@link java.util.ServiceLoader}. */
  public TorchMappers() {}

  @Override
  public boolean supports(String mode) {
    return Arrays.stream(MapperKind.values()).anyMatch(kind -> kind.toString().equals(mode));
  }

  @Override
  public ConditioningMapper open(ModelContext context) {
    return new TorchMapper(kind(context.args().mapper()), context);
  }

  @Override
  public List<PartReport> inspect(ModelContext context) {
    String mode = context.args().mapper();
    if (!supports(mode)) {
      return List.of();
    }
    return List.of(
        PartReport.of(
            "map " + mode,
            context.trained().source(),
            context.device(),
            context.precision(),
            () ->
                PartReport.weightBytes(
                    context.trained(), kind(mode).layout(context), context.precision())));
  }

  private static MapperKind kind(String mode) {
    return MapperKind.valueOf(mode.toUpperCase(Locale.ROOT));
  }

  /** The original builds every transformer with so many heads, whatever its size. */
  private static final int HEADS = 4;

  private static final class TorchMapper implements ConditioningMapper {
    private final String method;
    private final int tokens;
    private final int columns;
    private final int encoderLayers;
    private final int decoderLayers;
    private final Program program;
    private final Weights weights;

    TorchMapper(MapperKind kind, ModelContext context) {
      MapperKind.Sizes sizes = new MapperKind.Sizes(context);
      method = kind.toString();
      tokens = context.args().conditioningTokens();
      columns = context.args().conditioningSize();
      encoderLayers = kind.encoder().isEmpty() ? 0 : sizes.layers(kind.encoder());
      decoderLayers = kind == MapperKind.GILL_MAPPER ? sizes.layers("tfm.decoder") : 0;
      weights =
          Weights.builder(context.device(), context.precision())
              .add(context.trained(), kind.layout(context), MapperKind.ROOT)
              .build();
      program = PackedLayers.load(TorchMappers.class, "mappers.py");
      try (Scope scope = new Scope()) {
        program.call(scope, "split", weights, HEADS);
        PackedLayers.pack(weights);
        if (kind == MapperKind.GILL_MAPPER) {
          program.call(scope, "begin", weights);
        }
      }
    }

    @Override
    public Matrix map(Matrix states, Matrix embeddings) {
      try (Scope scope = new Scope()) {
        Value conditioning =
            program.call(
                scope,
                method,
                weights,
                scope.floats(states.values(), 1, states.rows(), states.columns()),
                scope.floats(embeddings.values(), 1, embeddings.rows(), embeddings.columns()),
                columns,
                encoderLayers,
                decoderLayers);
        float[] values = conditioning.toFloats();
        int rows = Math.min(values.length / columns, tokens);
        return new Matrix(rows, columns, Arrays.copyOf(values, rows * columns));
      }
    }

    @Override
    public void close() {
      weights.close();
      program.close();
    }
  }
}
