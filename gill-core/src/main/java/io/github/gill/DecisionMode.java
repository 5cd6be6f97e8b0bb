package io.github.gill;

/** Who decides between finding and generating a picture. */
public enum DecisionMode {
  /** The model's decision head. */
  AUTO,
  /** The caller wants a picture of the collection. */
  RETRIEVE,
  /** The caller wants a new picture. */
  GENERATE,
  /** The caller wants both; the decision head still says which is shown first. */
  BOTH
}
