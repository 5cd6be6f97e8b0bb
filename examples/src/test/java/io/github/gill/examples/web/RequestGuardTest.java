package io.github.gill.examples.web;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestGuardTest {

  private static HttpServletRequest toHost(String host) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            RequestGuardTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getHeader" -> "Host".equals(arguments[0]) ? host : null;
                  case "getRequestURI" -> "/";
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static void assertAllowed(RequestGuard guard, String... hosts) {
    for (String host : hosts) {
      assertDoesNotThrow(() -> guard.check(toHost(host)), host);
    }
  }

  private static void assertRefused(RequestGuard guard, String... hosts) {
    for (String host : hosts) {
      ApiException e = assertThrows(ApiException.class, () -> guard.check(toHost(host)), host);
      assertEquals(403, e.status());
    }
  }

  @Test
  void knowsTheNameItIsBoundTo() {
    RequestGuard guard = new RequestGuard("Workshop", Set.of());
    assertAllowed(guard, "workshop:7860", "WORKSHOP", "localhost", "192.168.0.7:7860");
    assertRefused(guard, "workshop.example", "evil.example");
  }

  @Test
  void knowsConfiguredNamesInAnyCaseAndWithAPort() {
    RequestGuard guard = new RequestGuard("127.0.0.1", Set.of("MyBox.local", "Proxy.example:443"));
    assertAllowed(guard, "mybox.local:1", "MYBOX.LOCAL", "proxy.example", "127.0.0.1:7860");
    assertRefused(guard, "box.local", "192.168.0.7", "[fe80::1]:80");
  }

  @Test
  void staysLocalOnALoopbackAddressHoweverWritten() {
    for (String host : new String[] {"LocalHost", "::1", "127.0.0.1"}) {
      RequestGuard guard = new RequestGuard(host, Set.of());
      assertAllowed(guard, "localhost:1", "127.0.0.1", "[::1]:7860");
      assertRefused(guard, "192.168.0.7");
    }
    assertAllowed(new RequestGuard("fe80::1", Set.of()), "[fe80::1]:7860");
  }
}
