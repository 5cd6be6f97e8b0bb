package io.github.gill.examples.cli;

import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import io.github.gill.testing.Scratch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Request files. */
class RequestFuzzTest extends FuzzContract {

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    Scratch scratch = new Scratch();
    for (String picture : List.of("b.png", "d.png")) {
      Path unused = scratch.file(picture, new byte[0]); // that it is there is all that is checked
    }
    return List.of(
        FuzzTarget.ofTexts(
            "request-file",
            i -> RequestFile.read(scratch.file("request.json", i)),
            IllegalArgumentException.class,
            512,
            """
            {"items": [{"text": "a"}, {"image": "b.png"}], "numWords": 2, "genScaleFactor": 100000,
             "retScaleFactor": 1, "minWordTokens": 0, "temperature": 0, "topP": 1,
             "samplingSeed": 11, "maxImages": 1, "imagesPerSlot": 1, "steps": 50, "guidance": 7.5,
             "scheduler": "pndm", "seed": 1337, "decision": "both", "height": 64, "width": 64,
             "negativePrompt": "c", "strength": 0.5, "noSafetyChecker": true, "initImage": "d.png"}
            """));
  }
}
