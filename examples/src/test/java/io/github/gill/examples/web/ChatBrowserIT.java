package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.gill.Gill;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The chat in a real browser, on the bundled model. Leaves screenshots in {@code target}. */
@Timeout(900)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatBrowserIT {

  private static final Path SHOTS = Path.of("target/screenshots");
  private static final int SHIFT_CTRL = 8 + 2;

  private Gill gill;
  private ChatServer server;
  private Browser browser;
  @TempDir Path folder;

  @BeforeAll
  void start(@TempDir Path profile) throws Exception {
    Path program = Browser.find();
    assumeTrue(program != null, "no Chromium on the PATH: the chat is not tested in a browser");
    assumeTrue(TestModel.tinyIsThere(), "models/gill-tiny is not in this checkout");
    gill = Gill.builder().model(TestModel.tiny()).build();
    ServerOptions d = ServerOptions.DEFAULTS;
    server =
        ChatServer.start(
            gill,
            new ServerOptions(
                d.host(),
                0,
                Set.of(),
                16,
                8,
                10_000,
                d.uploadBytes(),
                d.uploadPixels(),
                d.pictureMemory(),
                100,
                Duration.ofHours(1)));
    browser = new Browser(program, profile);
  }

  @AfterAll
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
    }
    if (gill != null) {
      gill.close();
    }
  }

  @BeforeEach
  void begin() throws Exception {
    browser.size(1280, 900, false);
    // A page of the same origin without the chat's script, which would remember its conversation.
    browser.open(server.address().replaceAll("/$", "") + "/openapi.json");
    browser.eval("localStorage.clear()");
    browser.open(server.address());
    browser.awaitTrue("document.body.dataset.busy === 'false'");
    setting("imageFrequency", 2); // pictures, whatever the bundled weights make of a question
  }

  private void ask(String text) throws Exception {
    browser.eval("document.getElementById('text').focus()");
    browser.type(text);
    browser.press("Enter", 13, 0);
  }

  private void awaitAnswer(int exchanges) throws Exception {
    try {
      browser.awaitTrue(
          "document.body.dataset.busy === 'false' &&"
              + " document.querySelectorAll('.exchange').length === "
              + exchanges);
    } catch (AssertionError e) {
      browser.screenshot(SHOTS.resolve("failed.png"));
      throw e;
    }
  }

  private void setting(String name, Object value) throws Exception {
    browser.eval(
        "{const f = document.getElementById('settings-form'); f.elements."
            + name
            + ".value = "
            + Browser.quote(value.toString())
            + "; f.dispatchEvent(new Event('input'))}");
  }

  private String count(String selector) throws Exception {
    return browser.eval(
        "String(document.querySelectorAll(" + Browser.quote(selector) + ").length)");
  }

  @Test
  void showsWordsAndAPictureAndOffersTheOtherDecision() throws Exception {
    browser.eval(
        "window.grown = new Set(); new MutationObserver(() => { const w ="
            + " document.querySelector('.streaming'); if (w) grown.add(w.textContent); })"
            + ".observe(document.body, {subtree: true, childList: true, characterData: true})");
    ask("Show me a duck.");
    awaitAnswer(1);
    assertTrue(Integer.parseInt(browser.eval("String(grown.size)")) > 1, "words stream");
    browser.awaitTrue("document.querySelector('.answer .frame img')?.naturalWidth > 0");
    String kind = browser.eval("document.querySelector('.label').textContent");
    browser.screenshot(SHOTS.resolve("desktop.png"));
    browser.click("[data-action='other-1']");
    browser.awaitTrue(
        "document.body.dataset.busy === 'false' && document.querySelector('.label')?.textContent"
            + " !== "
            + Browser.quote(kind));
    browser.awaitTrue("document.querySelector('.answer .frame img')?.naturalWidth > 0");
    browser.click("[data-action='previous-1']");
    browser.awaitTrue("document.querySelector('.label').textContent === " + Browser.quote(kind));
  }

  @Test
  void drawsWithAPreviewAndRefinesWhatItDrew() throws Exception {
    setting("decision", "generate");
    setting("seed", 7);
    setting("steps", 10);
    browser.eval(
        "window.steps = new Set(); new MutationObserver(() => { const s ="
            + " document.querySelector('.steps'); if (s) steps.add(s.textContent); if"
            + " (document.querySelector('.preview:not([hidden])')) window.previewed = true; })"
            + ".observe(document.body, {subtree: true, childList: true, characterData: true,"
            + " attributes: true})");
    ask("Show me a dog.");
    awaitAnswer(1);
    assertEquals("true", browser.eval("String(window.previewed === true)"));
    assertTrue(browser.eval("[...steps].join()").contains("of 11"));
    String seed = browser.eval("document.querySelector('.seed').textContent");
    assertTrue(seed.startsWith("seed 7 · 10 steps"), seed);
    browser.click("[data-action^='seed-']");
    browser.awaitTrue(
        "document.body.dataset.busy === 'false' &&"
            + " document.querySelector('.leaf span')?.textContent === '2 of 2'");
    assertNotEquals(seed, browser.eval("document.querySelector('.seed').textContent"));
    browser.click("[data-action^='refine-']");
    browser.awaitTrue(
        "document.body.dataset.busy === 'false' &&"
            + " document.querySelector('.leaf span')?.textContent === '3 of 3'");
    browser.screenshot(SHOTS.resolve("generated.png"));
  }

  @Test
  void looksAtAnUploadAndContinuesAfterAReload() throws Exception {
    Path picture = TestModel.MICRO.resolve("images/003.png");
    browser.upload("#files", picture);
    browser.awaitTrue("document.querySelectorAll('.attachment img').length === 1");
    ask("What is this?");
    awaitAnswer(1);
    browser.screenshot(SHOTS.resolve("upload.png"));
    browser.awaitTrue("document.querySelector('.question img')?.naturalWidth > 0");
    String before = browser.eval("document.querySelector('.answer .words').textContent");
    browser.open(server.address());
    awaitAnswer(1);
    assertEquals(before, browser.eval("document.querySelector('.answer .words').textContent"));
    ask("Please make it blue.");
    awaitAnswer(2);
    assertEquals("2", count(".exchange"));
  }

  @Test
  void stopsUndoesAndResets() throws Exception {
    ask("Hello.");
    awaitAnswer(1);
    setting("steps", 100);
    setting("decision", "generate");
    setting("pictures", 4);
    ask("Show me a dog.");
    browser.awaitTrue("document.querySelector('progress') !== null");
    browser.press("Escape", 27, 0);
    awaitAnswer(2);
    assertTrue(
        browser
            .eval("document.querySelector('.exchange:last-child .state').textContent")
            .startsWith("Stopped."));
    browser.press("Z", 90, SHIFT_CTRL);
    awaitAnswer(1);
    browser.eval("window.confirm = () => true");
    browser.click("#reset");
    awaitAnswer(0);
    assertEquals("false", browser.eval("String(document.getElementById('welcome').hidden)"));
  }

  @Test
  void savesAPngAndTheConversationAndImportsItAgain() throws Exception {
    browser.downloads(folder);
    ask("Show me a cat.");
    awaitAnswer(1);
    browser.click("#save-png");
    Path png = folder.resolve("conversation.png");
    Browser.await("the PNG", () -> Files.exists(png) && ImageIO.read(png.toFile()) != null);
    assertEquals(900, ImageIO.read(png.toFile()).getWidth());
    Files.createDirectories(SHOTS);
    Files.copy(png, SHOTS.resolve("saved.png"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    browser.click("#export");
    Path file = folder.resolve("conversation.gill.json");
    Browser.await("the file", () -> Files.exists(file) && Files.size(file) > 1000);
    String before = browser.eval("document.querySelector('.answer .words').textContent");
    browser.click("#new");
    awaitAnswer(0);
    browser.upload("#import-file", file);
    awaitAnswer(1);
    assertEquals(before, browser.eval("document.querySelector('.answer .words').textContent"));
    ask("Can you make it green?");
    awaitAnswer(2);
  }

  @Test
  void fitsAPhoneAndTheNight() throws Exception {
    browser.size(1280, 900, true);
    browser.screenshot(SHOTS.resolve("welcome-dark.png"));
    setting("imageFrequency", 1.3);
    ask("Draw a green apple.");
    awaitAnswer(1);
    browser.awaitTrue("document.querySelector('.answer .frame img')?.naturalWidth > 0");
    browser.click("#settings-toggle");
    browser.screenshot(SHOTS.resolve("dark.png"));
    browser.click("#settings-toggle");
    browser.size(390, 844, false);
    browser.screenshot(SHOTS.resolve("phone.png"));
    assertEquals(
        "true", browser.eval("String(document.documentElement.scrollWidth <= innerWidth)"));
    browser.eval("localStorage.clear()");
    browser.open(server.address());
    browser.awaitTrue("document.querySelectorAll('#examples li').length === 4");
    browser.screenshot(SHOTS.resolve("phone-welcome.png"));
  }
}
