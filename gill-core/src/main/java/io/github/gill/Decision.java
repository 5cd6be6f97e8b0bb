package io.github.gill;

/** Which kind of picture an answer shows, and who chose it. */
public enum Decision {
  /**
   * The decision head prefers a new picture; or there are no candidates; or there is no head and
   * the model can draw.
   */
  GENERATE,
  /**
   * The decision head prefers a picture of the collection; or there is no head and the model cannot
   * draw.
   */
  RETRIEVE,
  /** The decision head finds both equally good; the found picture is shown, being cheaper. */
  SAME,
  /** The caller chose. */
  FORCED
}
