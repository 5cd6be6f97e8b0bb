package io.github.gill.checkpoint;

import io.github.gill.ModelFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/** A file that is being downloaded, with the digest of what has arrived. */
final class PartialFile {

  private static final int REPORT = 1 << 20;

  private final FileChannel channel;
  private final RemoteFile remote;
  private final String name;
  private final DownloadListener listener;
  private MessageDigest digest;
  private final AtomicLong done = new AtomicLong();

  /**
   * Continues or begins a file.
   *
   * @param channel the file, locked
   * @param remote what it will be
   * @param name its name for the listener and messages
   * @param listener watches
   * @throws IOException if what is there cannot be read
   */
  PartialFile(FileChannel channel, RemoteFile remote, String name, DownloadListener listener)
      throws IOException {
    this.channel = channel;
    this.remote = remote;
    this.name = name;
    this.listener = listener;
    this.digest = begin(remote);
    if (channel.size() > remote.size()) {
      channel.truncate(0);
    }
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    while (channel.read(buffer.clear(), done()) > 0) {
      done.addAndGet(buffer.position());
      digest.update(buffer.flip());
    }
    listener.progress(name, done(), remote.size());
  }

  long done() {
    return done.get();
  }

  boolean complete() {
    return done() == remote.size();
  }

  /** Forgets what has arrived, because the server sends everything again. */
  void restart() throws IOException {
    channel.truncate(0);
    digest = begin(remote);
    done.set(0);
  }

  /** Writes what a server sends behind what has arrived. */
  void append(InputStream body) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long reported = done();
    for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
      if (read > remote.size() - done()) {
        restart();
        throw new ModelFileException(
            "%s is longer than the %d bytes it should have; try again later"
                .formatted(name, remote.size()));
      }
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
      while (bytes.hasRemaining()) {
        channel.write(bytes, done() + bytes.position());
      }
      digest.update(buffer, 0, read);
      done.addAndGet(read);
      if (done() - reported >= REPORT) {
        reported = done();
        listener.progress(name, done(), remote.size());
      }
      if (Thread.interrupted()) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
    if (!complete()) {
      throw new IOException(
          "the connection ended after %d of %d bytes".formatted(done(), remote.size()));
    }
  }

  /** Compares the digest; a file that differs is emptied, so that the next attempt begins anew. */
  void verify() throws IOException {
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(remote.digest().hex())) {
      restart();
      throw new ModelFileException(
          "%s arrived with the digest %s, expected %s; download it again"
              .formatted(name, found, remote.digest().hex()));
    }
    listener.progress(name, done(), remote.size());
  }

  private static MessageDigest begin(RemoteFile remote) {
    try {
      MessageDigest digest = MessageDigest.getInstance(remote.digest().git() ? "SHA-1" : "SHA-256");
      if (remote.digest().git()) {
        // Git names content by the digest of this line and the content.
        digest.update(("blob " + remote.size() + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-1 and SHA-256", e);
    }
  }
}
