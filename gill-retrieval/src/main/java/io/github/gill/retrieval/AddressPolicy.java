package io.github.gill.retrieval;

import java.net.InetAddress;

/** Where pictures may be fetched from. */
interface AddressPolicy {

  /** Public addresses on the usual ports. */
  AddressPolicy PUBLIC =
      new AddressPolicy() {
        @Override
        public boolean allows(InetAddress address) {
          return PublicAddresses.contains(address);
        }

        @Override
        public boolean allows(int port) {
          return port == 80 || port == 443;
        }
      };

  /** Says whether a connection may go to an address. */
  boolean allows(InetAddress address);

  /** Says whether a connection may go to a port. */
  boolean allows(int port);
}
