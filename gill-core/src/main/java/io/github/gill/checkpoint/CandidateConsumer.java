package io.github.gill.checkpoint;

/**
 * Receives candidates one by one while their file is read.
 *
 * <p>Paths and vectors arrive each in order, but not in turns: files have all of one before the
 * other.
 */
public interface CandidateConsumer {

  /**
   * Receives a candidate's path or URL.
   *
   * @param index the candidate's index from 0
   * @param path the text as the file has it, unchecked
   */
  void path(int index, String path);

  /**
   * Receives a candidate's key.
   *
   * @param index the candidate's index from 0
   * @param vector its numbers as the file has them, not normalised; reused for the next call, so
   *     copy what is kept
   */
  void vector(int index, float[] vector);
}
