/**
 * Pictures, and the image encoder that reads them.
 *
 * <p>{@link io.github.gill.vision.PictureReader} turns any file that Java reads into an upright RGB
 * {@link java.awt.image.BufferedImage} of type {@code TYPE_INT_RGB}; everything behind it takes and
 * gives that type. {@link io.github.gill.vision.ImagePreprocessor} makes pixel values from it,
 * through {@link io.github.gill.vision.Resampling}, which resizes as Pillow does to the last bit;
 * {@link io.github.gill.vision.ClipVision} encodes them, and {@link
 * io.github.gill.vision.VisualPrefix} makes visual tokens of the result. {@link
 * io.github.gill.vision.PngWriter} writes a picture with the settings that made it.
 *
 * <p>Samples are taken as the files hold them, as the reference does: alpha is dropped, not
 * blended, and colour profiles are not applied. So nothing here draws through {@code Graphics2D},
 * which would do both.
 */
@NullMarked
package io.github.gill.vision;

import org.jspecify.annotations.NullMarked;
