package io.github.gill;

/** Which kind of picture an answer shows, and who chose it. */
public enum Decision {
  /** The decision head prefers a new picture, or the model has no candidates. */
  GENERATE,
  /** The decision head prefers a picture of the collection. */
  RETRIEVE,
  /** The decision head finds both equally good; the found picture is shown, being cheaper. */
  SAME,
  /** The caller chose. */
  FORCED
}
