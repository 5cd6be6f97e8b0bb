package io.github.gill.retrieval;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * The addresses of the public internet: everything outside IANA's special-purpose registries (RFC
 * 6890), so neither this machine, nor its network, nor a cloud's metadata service.
 *
 * <p>IPv6 addresses that carry an IPv4 one (mapped, compatible, 6to4, NAT64) are judged by that as
 * well. Of IPv6 only 2000::/3 is in use; what lies outside is refused whatever it may become.
 */
final class PublicAddresses {

  private record Block(InetAddress first, int bits) {

    static Block of(String cidr) {
      int slash = cidr.indexOf('/');
      try {
        // Literals are parsed, never looked up.
        InetAddress first = InetAddress.getByName(cidr.substring(0, slash));
        return new Block(first, Integer.parseInt(cidr.substring(slash + 1)));
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(cidr + " is no block of addresses", e);
      }
    }

    boolean contains(byte[] address) {
      byte[] prefix = first.getAddress();
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit & 7);
        if ((address[bit >> 3] & mask) != (prefix[bit >> 3] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  private static final List<Block> REFUSED_4 =
      blocks(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10", // carriers' NAT; clouds put metadata here
          "127.0.0.0/8",
          "169.254.0.0/16", // link-local; most clouds' metadata
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24", // relays into 6to4
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "168.63.129.16/32", // a public number, but Azure's platform service
          "224.0.0.0/4", // multicast
          "240.0.0.0/4"); // reserved, broadcast

  private static final Block GLOBAL_6 = Block.of("2000::/3");

  private static final List<Block> REFUSED_6 =
      blocks(
          "2001::/23", // protocols: Teredo, ORCHID
          "2001:db8::/32", // documentation
          "3fff::/20"); // documentation

  private static final Block SIX_TO_FOUR = Block.of("2002::/16");
  private static final Block NAT64 = Block.of("64:ff9b::/96");

  private PublicAddresses() {}

  static boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return isPublic4(bytes);
    }
    if (NAT64.contains(bytes)) {
      return isPublic4(Arrays.copyOfRange(bytes, 12, 16));
    }
    if (SIX_TO_FOUR.contains(bytes)) {
      return isPublic4(Arrays.copyOfRange(bytes, 2, 6));
    }
    // ::a.b.c.d, ::ffff:a.b.c.d, ::1, fc00::/7, fe80::/10 and ff00::/8 all lie outside 2000::/3.
    return GLOBAL_6.contains(bytes) && REFUSED_6.stream().noneMatch(b -> b.contains(bytes));
  }

  private static boolean isPublic4(byte[] bytes) {
    return REFUSED_4.stream().noneMatch(block -> block.contains(bytes));
  }

  private static List<Block> blocks(String... cidrs) {
    return Arrays.stream(cidrs).map(Block::of).toList();
  }
}
