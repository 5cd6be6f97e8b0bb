package io.github.gill.examples.eval;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The paper's claims, each held against the figures. */
final class ClaimsSection implements Section {

  private final Scores scores;

  ClaimsSection(Scores scores) {
    this.scores = scores;
  }

  @Override
  public void write(ReportBody body) {
    List<Claim> claims = new PaperClaims(scores).held();
    if (claims.isEmpty()) {
      return;
    }
    body.heading(2, "What the figures say to the claims");
    body.paragraph(
        "Of %d claims: %s. A difference is shown where its 95%% interval leaves out zero and the"
                .formatted(claims.size(), tally(claims))
            + " paired test says p < 0.05; otherwise it is not shown, whatever its mean.");
    body.add(new Block.Claims(claims));
  }

  private static String tally(List<Claim> claims) {
    return Stream.of(Claim.Verdict.values())
        .map(
            verdict -> {
              long count = claims.stream().filter(claim -> claim.verdict() == verdict).count();
              return count == 0 ? "" : count + " " + verdict.tally();
            })
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
