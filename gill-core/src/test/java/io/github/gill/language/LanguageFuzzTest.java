package io.github.gill.language;

import io.github.gill.ModelFileException;
import io.github.gill.checkpoint.ModelConfig;
import io.github.gill.testing.FuzzContract;
import io.github.gill.testing.FuzzTarget;
import io.github.gill.testing.Micro;
import io.github.gill.testing.Scratch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The files and texts that become tokens, and the language model's configurations. */
class LanguageFuzzTest extends FuzzContract {

  private static final List<String> PAIR =
      List.of(
          "vocab.json",
          "merges.txt",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json");
  private static final List<String> WHOLE = List.of("tokenizer.json", "tokenizer_config.json");

  @Override
  protected List<FuzzTarget> targets() throws IOException {
    Scratch pair = new Scratch();
    Scratch whole = new Scratch();
    OptTokenizer micro = OptTokenizer.read(Micro.FOLDER.resolve("lm"), 8);
    return List.of(
        FuzzTarget.ofTexts(
            "tokenizer-pair",
            i -> tokenizer(pair, PAIR, i),
            ModelFileException.class,
            2048,
            """
            {"</s>": 0, "a": 1, "b": 2, "ab": 3, "\u010a": 4, "<pad>": 5}
            \0#version: 0.2
            a b
            \0{"bos_token": "</s>", "add_bos_token": true, "unk_token": {"content": "</s>"}}
            \0{"eos_token": {"content": "</s>", "lstrip": false, "normalized": true}}
            \0{"<new>": 6}
            """,
            """
            {"</s>": 0, "\u010a": 1}
            \0
            \0{"added_tokens_decoder": {"0": {"content": "</s>", "special": true}}}
            """),
        FuzzTarget.ofTexts(
            "tokenizer-whole",
            i -> tokenizer(whole, WHOLE, i),
            ModelFileException.class,
            2048,
            """
            {"model": {"type": "BPE", "vocab": {"</s>": 0, "a": 1, "b": 2, "ab": 3, "\u010a": 4},
              "merges": ["a b"]},
             "added_tokens": [{"id": 5, "content": "<x>", "special": false, "rstrip": true}]}
            \0{"bos_token": "</s>"}
            """),
        FuzzTarget.ofTexts(
            "prompt-text",
            i -> micro.decode(micro.encode(new String(i, StandardCharsets.UTF_8), true)),
            ModelFileException.class,
            512,
            "A caf\u00e9 \ud83d\ude00, then [IMG0] and <|image|> </s>\n"),
        FuzzTarget.ofTexts(
            "model-args",
            i ->
                ModelArgs.of(
                    ModelConfig.parse("args", new String(i, StandardCharsets.UTF_8)), () -> 3),
            ModelFileException.class,
            256,
            """
            {"opt_version": "facebook/opt-6.7b", "visual_encoder": "openai/clip-vit-large-patch14",
             "n_visual_tokens": 4, "task": "multimodal", "ret_emb_dim": 256, "gen_emb_dim": 256,
             "text_emb_layers": [-1], "ret_text_fc_mode": "linear", "text_fc_mode": "gill_mapper",
             "num_tokens": 8, "num_clip_tokens": 77, "share_ret_gen": true,
             "retrieval_token_idx": [50266, 50267]}
            """),
        FuzzTarget.ofTexts(
            "opt-config",
            i ->
                OptConfig.of(ModelConfig.parse("config", new String(i, StandardCharsets.UTF_8)))
                    .layout(),
            ModelFileException.class,
            256,
            """
            {"model_type": "opt", "activation_function": "relu", "do_layer_norm_before": true,
             "hidden_size": 8, "num_attention_heads": 2, "vocab_size": 99, "ffn_dim": 16,
             "num_hidden_layers": 1, "max_position_embeddings": 20, "word_embed_proj_dim": 4,
             "enable_bias": true, "layer_norm_elementwise_affine": true}
            """));
  }

  /** Reads an input's files, which zeros separate; one more text is encoded in the end. */
  private static void tokenizer(Scratch scratch, List<String> names, byte[] input)
      throws IOException {
    String[] texts = new String(input, StandardCharsets.ISO_8859_1).split("\0", -1);
    for (int i = 0; i < names.size(); i++) {
      String text = i < texts.length ? texts[i] : "";
      if (text.isEmpty()) {
        java.nio.file.Files.deleteIfExists(scratch.folder().resolve(names.get(i)));
      } else {
        scratch.file(names.get(i), text.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    try (OptTokenizer tokenizer = OptTokenizer.read(scratch.folder(), 2)) {
      tokenizer.decode(tokenizer.encode("ab <x> abba\n", true));
    }
  }
}
