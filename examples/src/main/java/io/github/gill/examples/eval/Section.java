package io.github.gill.examples.eval;

/** A part of the report with a heading of its own. */
interface Section {

  /** Writes the part, or nothing where nothing was measured for it. */
  void write(ReportBody body);
}
