package io.github.gill.diffusion.scheduler;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.gill.ModelFileException;
import io.github.gill.SchedulerKind;
import io.github.gill.UnsupportedRequestException;
import io.github.gill.checkpoint.ModelConfig;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's {@code scheduler_config.json}, from which schedulers of every kind are made.
 *
 * <p>What the file leaves out takes the default of the scheduler that is made, not of the one the
 * file names: {@code timestep_spacing} is {@code leading} for PNDM and DDIM and {@code linspace}
 * for the others, {@code clip_sample} is true for DDIM only, and so on, as when diffusers makes one
 * scheduler from another's configuration. Two values that its Stable Diffusion pipelines overrule
 * are overruled here: {@code steps_offset} is 1 and {@code clip_sample} false wherever the file
 * gives them or names the very scheduler that is made.
 *
 * <p>Immutable.
 */
public final class SchedulerConfig {

  private static final Logger LOG = LoggerFactory.getLogger(SchedulerConfig.class);

  private static final int MOST_TIMESTEPS = 100_000;

  private static final Map<String, SchedulerKind> KINDS =
      Map.of(
          "PNDMScheduler", SchedulerKind.PNDM,
          "DDIMScheduler", SchedulerKind.DDIM,
          "DPMSolverMultistepScheduler", SchedulerKind.DPMPP_2M,
          "EulerDiscreteScheduler", SchedulerKind.EULER,
          "EulerAncestralDiscreteScheduler", SchedulerKind.EULER_A,
          "LMSDiscreteScheduler", SchedulerKind.LMS);

  private final ModelConfig config;

  private SchedulerConfig(ModelConfig config) {
    this.config = config;
  }

  /**
   * Reads the file.
   *
   * @param folder the scheduler's folder
   * @return its configuration
   * @throws ModelFileException if {@code scheduler_config.json} is missing, no JSON object, or
   *     holds what no scheduler can be made of
   */
  public static SchedulerConfig read(Path folder) {
    SchedulerConfig read =
        new SchedulerConfig(ModelConfig.read(folder.resolve("scheduler_config.json")));
    read.betas();
    read.predictionType();
    read.spacing(TimestepSpacing.LEADING);
    if (!KINDS.containsKey(read.text("_class_name", "PNDMScheduler"))) {
      LOG.warn(
          "{} names {}, which this library lacks; pictures are drawn with PNDM unless a request"
              + " names another scheduler",
          folder.resolve("scheduler_config.json"),
          read.text("_class_name", ""));
    }
    return read;
  }

  /**
   * Parses the file's text.
   *
   * @param source where it comes from, for messages
   * @param text a JSON object
   * @return the configuration
   * @throws ModelFileException if it is no JSON object
   */
  public static SchedulerConfig parse(String source, String text) {
    return new SchedulerConfig(ModelConfig.parse(source, text));
  }

  /**
   * Returns the sampler that the file names.
   *
   * @return the kind of {@code _class_name}, which {@link #create} runs over Karras' sigmas where
   *     the file says {@code use_karras_sigmas}; PNDM, the original's, where the file names none
   *     or, with a warning when it is read, one that this library lacks
   */
  public SchedulerKind kind() {
    return KINDS.getOrDefault(text("_class_name", ""), SchedulerKind.PNDM);
  }

  /**
   * Makes a scheduler for one run.
   *
   * @param kind the sampler
   * @param steps denoising steps, 1 to the number of training timesteps
   * @return a scheduler before its first step
   * @throws ModelFileException if the file holds what no scheduler can be made of
   * @throws UnsupportedRequestException if the file asks this kind of sampler for what it lacks, or
   *     the steps do not fit its training timesteps
   */
  public Scheduler create(SchedulerKind kind, int steps) {
    int trained = trainedTimesteps();
    if (steps < 1 || steps > trained) {
      throw new UnsupportedRequestException(
          steps + " steps with a model of " + trained + " training timesteps; use 1 to " + trained);
    }
    return switch (kind) {
      case PNDM -> pndm(steps);
      case DDIM -> ddim(steps);
      case DPMPP_2M -> dpmSolver(steps, flag("use_karras_sigmas", false));
      case DPMPP_2M_KARRAS -> dpmSolver(steps, true);
      case EULER -> euler(steps);
      case EULER_A -> eulerAncestral(steps);
      case LMS -> lms(steps);
    };
  }

  private Scheduler pndm(int steps) {
    SchedulerConfig own = as("PNDMScheduler");
    // Left out it means false, but only in a file of PNDM's own.
    boolean named = text("_class_name", "").equals("PNDMScheduler");
    own.require("skip_prk_steps", named ? "false" : "true", "true");
    own.refuseSamplePrediction(SchedulerKind.PNDM);
    NoiseSchedule schedule = NoiseSchedule.of(betas());
    int[] timesteps = own.wholeTimesteps(schedule, steps);
    float last = own.flag("set_alpha_to_one", false) ? 1 : schedule.alphaBars()[0];
    return new PndmScheduler(own, schedule, last, timesteps, steps);
  }

  private Scheduler ddim(int steps) {
    SchedulerConfig own = as("DDIMScheduler");
    own.require("thresholding", "false", "false");
    NoiseSchedule schedule = NoiseSchedule.of(rescaled());
    int[] timesteps = own.wholeTimesteps(schedule, steps);
    float last = own.flag("set_alpha_to_one", true) ? 1 : schedule.alphaBars()[0];
    boolean clips = own.flag("clip_sample", true);
    float clip = clips ? (float) own.number("clip_sample_range", 1) : Float.POSITIVE_INFINITY;
    return new DdimScheduler(own, schedule, last, timesteps, clip);
  }

  private Scheduler dpmSolver(int steps, boolean karras) {
    SchedulerConfig own = as("DPMSolverMultistepScheduler");
    own.require("solver_order", "2", "2");
    own.require("algorithm_type", "dpmsolver++", "dpmsolver++", "deis");
    own.require("solver_type", "midpoint", "midpoint", "logrho", "bh1", "bh2");
    for (String option :
        new String[] {
          "thresholding",
          "use_exponential_sigmas",
          "use_beta_sigmas",
          "use_lu_lambdas",
          "use_flow_sigmas"
        }) {
      own.require(option, "false", "false");
    }
    NoiseSchedule schedule = finiteSchedule();
    float[] trained = schedule.sigmas();
    double[] timesteps;
    double[] sigmas;
    if (karras) {
      sigmas = Sigmas.karras(trained[0], trained[trained.length - 1], steps);
      timesteps = Sigmas.timestepsOf(sigmas, trained);
      boolean rounds = !text("beta_schedule", "linear").equals("squaredcos_cap_v2");
      for (int i = 0; i < steps; i++) {
        timesteps[i] = rounds ? Math.rint(timesteps[i]) : Math.floor(timesteps[i]);
      }
    } else {
      timesteps = own.solverTimesteps(schedule, steps);
      sigmas = Sigmas.at(timesteps, trained);
    }
    return new DpmSolverMultistepScheduler(
        own, timesteps, Sigmas.ending(sigmas, own.finalSigma(trained)));
  }

  /** The solver spreads one timestep more than it asks the network at, and leaves out the last. */
  private double[] solverTimesteps(NoiseSchedule schedule, int steps) {
    TimestepSpacing spacing = spacing(TimestepSpacing.LINSPACE);
    int last = schedule.timestepsAbove(number("lambda_min_clipped", Double.NEGATIVE_INFINITY));
    int offset = integer("steps_offset", 0);
    if (spacing == TimestepSpacing.TRAILING) {
      return spacing.spread(last, schedule.timesteps(), steps, 0);
    }
    double[] all = spacing.spread(last, last, steps + 1, offset);
    double[] timesteps = new double[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = Math.rint(all[i]);
    }
    return timesteps;
  }

  private Scheduler euler(int steps) {
    SchedulerConfig own = as("EulerDiscreteScheduler");
    own.require("interpolation_type", "linear", "linear");
    own.require("timestep_type", "discrete", "discrete");
    own.require("use_exponential_sigmas", "false", "false");
    own.require("use_beta_sigmas", "false", "false");
    float[] trained = finiteSchedule().sigmas();
    double[] timesteps = own.fractionalTimesteps(trained, steps);
    double[] sigmas = Sigmas.at(timesteps, trained);
    if (own.flag("use_karras_sigmas", false)) {
      sigmas =
          Sigmas.karras(
              own.number("sigma_min", sigmas[steps - 1]),
              own.number("sigma_max", sigmas[0]),
              steps);
      timesteps = Sigmas.timestepsOf(sigmas, trained);
    }
    return new EulerScheduler(own, timesteps, Sigmas.ending(sigmas, own.finalSigma(trained)));
  }

  private Scheduler eulerAncestral(int steps) {
    SchedulerConfig own = as("EulerAncestralDiscreteScheduler");
    own.refuseSamplePrediction(SchedulerKind.EULER_A);
    float[] trained = finiteSchedule().sigmas();
    double[] timesteps = own.fractionalTimesteps(trained, steps);
    return new EulerAncestralScheduler(
        own, timesteps, Sigmas.ending(Sigmas.at(timesteps, trained), 0));
  }

  private Scheduler lms(int steps) {
    SchedulerConfig own = as("LMSDiscreteScheduler");
    own.require("use_exponential_sigmas", "false", "false");
    own.require("use_beta_sigmas", "false", "false");
    float[] trained = NoiseSchedule.of(betas()).sigmas();
    double[] timesteps = own.fractionalTimesteps(trained, steps);
    double[] sigmas = Sigmas.at(timesteps, trained);
    if (own.flag("use_karras_sigmas", false)) {
      sigmas = Sigmas.karras(sigmas[steps - 1], sigmas[0], steps);
      timesteps = Sigmas.timestepsOf(sigmas, trained);
    }
    return new LmsScheduler(own, timesteps, Sigmas.ending(sigmas, 0));
  }

  /** Sees this configuration as one scheduler's own, with what pipelines overrule. */
  private SchedulerConfig as(String scheduler) {
    boolean named = scheduler.equals(config.text("_class_name", ""));
    JsonObject own = JsonParser.parseString(config.json()).getAsJsonObject();
    if (named || own.has("steps_offset")) {
      own.addProperty("steps_offset", 1);
    }
    if (named || own.has("clip_sample")) {
      own.addProperty("clip_sample", false);
    }
    return parse(config.source(), own.toString());
  }

  private float[] betas() {
    int timesteps = trainedTimesteps();
    double start = number("beta_start", 0.0001);
    double end = number("beta_end", 0.02);
    if (config.has("trained_betas")) {
      float[] trained = config.numbers("trained_betas");
      if (trained.length != timesteps) {
        throw new ModelFileException(
            "%s: trained_betas has %d numbers, num_train_timesteps is %d; use the model's own file"
                .formatted(config.source(), trained.length, timesteps));
      }
      return trained;
    }
    String schedule = text("beta_schedule", "linear");
    return switch (schedule) {
      case "linear" -> NoiseSchedule.linear(start, end, timesteps);
      case "scaled_linear" -> NoiseSchedule.scaledLinear(start, end, timesteps);
      case "squaredcos_cap_v2" -> NoiseSchedule.squaredCosine(timesteps);
      default ->
          throw unknown("beta_schedule", schedule, "linear, scaled_linear, squaredcos_cap_v2");
    };
  }

  private int trainedTimesteps() {
    int timesteps = integer("num_train_timesteps", 1000);
    if (timesteps < 1 || timesteps > MOST_TIMESTEPS) {
      throw new ModelFileException(
          "%s: num_train_timesteps is %d, expected 1 to %d; use the model's own file"
              .formatted(config.source(), timesteps, MOST_TIMESTEPS));
    }
    return timesteps;
  }

  private float[] rescaled() {
    float[] betas = betas();
    return flag("rescale_betas_zero_snr", false) ? NoiseSchedule.withZeroTerminalSnr(betas) : betas;
  }

  private NoiseSchedule finiteSchedule() {
    NoiseSchedule schedule = NoiseSchedule.of(rescaled());
    return flag("rescale_betas_zero_snr", false) ? schedule.withFiniteSigmas() : schedule;
  }

  private float finalSigma(float[] trained) {
    String type = text("final_sigmas_type", "zero");
    return switch (type) {
      case "zero" -> 0;
      case "sigma_min" -> trained[0];
      default -> throw unknown("final_sigmas_type", type, "zero, sigma_min");
    };
  }

  private int[] wholeTimesteps(NoiseSchedule schedule, int steps) {
    int trained = schedule.timesteps();
    double[] spread =
        spacing(TimestepSpacing.LEADING)
            .spread(trained, trained, steps, integer("steps_offset", 0));
    int[] timesteps = new int[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = (int) Math.rint(spread[i]);
    }
    if (timesteps[0] >= trained) {
      throw new UnsupportedRequestException(
          "%d steps reach timestep %d, but the model was trained on 0 to %d; use fewer steps"
              .formatted(steps, timesteps[0], trained - 1));
    }
    return timesteps;
  }

  private double[] fractionalTimesteps(float[] trained, int steps) {
    double[] timesteps =
        spacing(TimestepSpacing.LINSPACE)
            .spread(trained.length, trained.length, steps, integer("steps_offset", 0));
    for (int i = 0; i < steps; i++) {
      timesteps[i] = (float) timesteps[i];
    }
    return timesteps;
  }

  private void refuseSamplePrediction(SchedulerKind kind) {
    if (predictionType() == PredictionType.SAMPLE) {
      throw new UnsupportedRequestException(
          config.source()
              + " says prediction_type \"sample\", which "
              + kind
              + " cannot use; use ddim");
    }
  }

  PredictionType predictionType() {
    String type = text("prediction_type", "epsilon");
    return switch (type) {
      case "epsilon" -> PredictionType.EPSILON;
      case "v_prediction" -> PredictionType.V_PREDICTION;
      case "sample" -> PredictionType.SAMPLE;
      default -> throw unknown("prediction_type", type, "epsilon, v_prediction, sample");
    };
  }

  TimestepSpacing spacing(TimestepSpacing absent) {
    String spacing = text("timestep_spacing", absent.name().toLowerCase(Locale.ROOT));
    return switch (spacing) {
      case "linspace" -> TimestepSpacing.LINSPACE;
      case "leading" -> TimestepSpacing.LEADING;
      case "trailing" -> TimestepSpacing.TRAILING;
      default -> throw unknown("timestep_spacing", spacing, "linspace, leading, trailing");
    };
  }

  boolean flag(String key, boolean absent) {
    return config.flag(key, absent);
  }

  private void require(String key, String absent, String... supported) {
    String found = text(key, absent);
    for (String value : supported) {
      if (value.equals(found)) {
        return;
      }
    }
    throw unknown(key, found, String.join(", ", supported));
  }

  private ModelFileException unknown(String key, String found, String supported) {
    return new ModelFileException(
        "%s: %s is \"%s\", which is not supported; supported: %s"
            .formatted(config.source(), key, found, supported));
  }

  private String text(String key, String absent) {
    return config.text(key, absent);
  }

  private int integer(String key, int absent) {
    return config.integer(key, absent);
  }

  private double number(String key, double absent) {
    return config.number(key, absent);
  }
}
