package io.github.gill.diffusion.scheduler;

/** What the network predicts of latents xₜ = √ᾱ·x₀ + √(1−ᾱ)·ε. */
enum PredictionType {
  /** The noise ε. */
  EPSILON,
  /** The velocity √ᾱ·ε − √(1−ᾱ)·x₀. */
  V_PREDICTION,
  /** The clean latents x₀. */
  SAMPLE
}
