package io.github.gill.checkpoint;

/** Watches a download. Called from the thread that downloads. */
@FunctionalInterface
public interface DownloadListener {

  /** Watches nothing. */
  DownloadListener NONE = (file, done, size) -> {};

  /**
   * Tells how far a file is: at its beginning, at most every MiB, and at its end.
   *
   * <p>What it throws ends the download; what has arrived is kept for the next attempt.
   *
   * @param file the file's path in its repository
   * @param done bytes that are there, those of earlier attempts included
   * @param size bytes of the whole file
   */
  void progress(String file, long done, long size);
}
