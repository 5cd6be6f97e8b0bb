package io.github.gill.cuda;

/**
 * A CUDA device as its driver describes it.
 *
 * @param index its index from 0
 * @param name its product name
 * @param major the major number of its compute capability
 * @param minor the minor number of its compute capability
 * @param totalBytes its memory
 * @param freeBytes its memory less what is used at the moment
 */
public record CudaDevice(
    int index, String name, int major, int minor, long totalBytes, long freeBytes) {

  /**
   * Says whether the chip computes in bfloat16.
   *
   * @return true from compute capability 8.0 on
   */
  public boolean hasBfloat16() {
    return major >= 8;
  }
}
