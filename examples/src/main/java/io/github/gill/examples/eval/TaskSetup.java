package io.github.gill.examples.eval;

import io.github.gill.DiffusionSettings;
import io.github.gill.examples.eval.metrics.InceptionFeatures;
import io.github.gill.examples.eval.metrics.Lpips;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What all tasks measure with.
 *
 * @param model what is measured
 * @param out where pictures are written
 * @param drawing how pictures are drawn; each item adds its number to the seed
 * @param runs how many pictures are drawn for each item, context and system
 * @param external folders of pictures made elsewhere, by system
 * @param lpips compares pictures as people do, or null without its weights
 * @param inception sees pictures for FID and KID, or null without its weights
 */
record TaskSetup(
    EvaluatedModel model,
    Path out,
    DiffusionSettings drawing,
    int runs,
    Map<String, Path> external,
    @Nullable Lpips lpips,
    @Nullable InceptionFeatures inception) {}
