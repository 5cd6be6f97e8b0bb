package io.github.gill.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebAddressTest {

  @Test
  void takesUrlsApart() {
    assertEquals(
        new WebAddress(false, "example.com", 80, "/a/b.jpg?x=1&y=%20"),
        WebAddress.parse("HTTP://Example.COM/a/b.jpg?x=1&y=%20#part"));
    assertEquals(
        new WebAddress(true, "example.com", 8443, "/"),
        WebAddress.parse(" https://example.com:8443"));
    assertEquals(
        new WebAddress(true, "2001:db8::1", 443, "/?q"),
        WebAddress.parse("https://[2001:db8::1]?q"));
    assertEquals("[2001:db8::1]:81", WebAddress.parse("http://[2001:db8::1]:81/").authority());
  }

  @Test
  void escapesWhatCollectionsHaveInUrls() {
    assertEquals(
        "/a%20b%7C%C3%A4%22%0D%0AHost:%20evil",
        WebAddress.parse("http://h/a b|ä\"\r\nHost: evil").target());
    assertEquals("xn--mnchen-3ya.de", WebAddress.parse("http://münchen.de/").host());
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://h/x, only http and https",
    "file:///etc/passwd, only http and https",
    "jar:http://h/x!/y, only http and https",
    "http://user@h/x, user name",
    "http://user:secret@h/x, user name",
    "http://, host is malformed",
    "http:///x, host is malformed",
    "http://a b/x, host is malformed",
    "http://h\\@127.0.0.1/x, user name",
    "http://h\\.example/x, host is malformed",
    "http://h%00.example/x, host is malformed",
    "http://[::1/x, host is malformed",
    "http://2130706433/x, host is a number",
    "http://127.1/x, host is a number",
    "http://0177.0.0.1/x, host is a number",
    "http://127.0.0.01/x, host is a number",
    "http://0x7f000001/x, host is a number",
    "http://0x7f.0.0.1/x, host is a number",
    "http://127.0.0.1./x, host is a number",
    "http://①②⑦.①/x, host is a number",
    "http://[fe80::1%eth0]/x, host is malformed",
    "http://h:0/x, port is 0",
    "http://h:65536/x, port is 65536",
    "http://h:80:80/x, host is malformed",
    "http://h:-1/x, host is malformed"
  })
  void refuses(String url, String reason) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> WebAddress.parse(url));
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("secret"), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "https://other/x, https://other/x",
    "//other/x, http://other/x",
    "/x/y, http://h:81/x/y",
    "y.png, http://h:81/a/y.png",
    "../y.png, http://h:81/a/../y.png"
  })
  void resolvesRedirects(String location, String expected) {
    assertEquals(
        expected, WebAddress.parse("http://h:81/a/b?c=/d").redirected(location).toString());
  }

  @Test
  void keepsQueriesOutOfText() {
    assertEquals("http://h/a", WebAddress.parse("http://h/a?token=secret#also-secret").toString());
    assertEquals("/a?z", WebAddress.parse("http://h/a?b").redirected("?z").target());
  }

  @Test
  void tellsUrlsFromPaths() {
    assertTrue(WebAddress.isUrl("http://x"));
    assertTrue(WebAddress.isUrl("file:///etc/passwd"));
    assertFalse(WebAddress.isUrl("images/a.png"));
    assertFalse(WebAddress.isUrl("C:\\pictures\\a.png"));
    assertFalse(WebAddress.isUrl("/a/b"));
  }
}
