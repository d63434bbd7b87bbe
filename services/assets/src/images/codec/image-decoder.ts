import sharp, { type Sharp } from 'sharp';
import type { CodecFailure, CodecJob, CodecLimits, Description } from './codec-job.ts';

type RenderJob = Extract<CodecJob, { kind: 'render' }>;
type Rendered = { readonly bytes: Buffer; readonly width: number; readonly height: number };

/** The image is over the limits, or in a form that is not decoded here. */
export class ImageRefused extends Error {
  readonly reason: 'too_large' | 'not_convertible';
  constructor(reason: ImageRefused['reason']) {
    super(reason);
    this.name = 'ImageRefused';
    this.reason = reason;
  }
}

/** One image at a time: the other cores have workers of their own. */
sharp.concurrency(1);
sharp.cache(false);
// Whatever the bytes claim to be, only these decoders ever see them: SVG, PDF and the rest fetch, script or are not kept up.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
    'VipsForeignLoadTiff',
  ],
});

const PLACEHOLDER_EDGE = 16;
const SAMPLE_EDGE = 64;

/** What can be said of an image without making a variant of it. Throws ImageRefused, and sharp's errors. */
export async function describe(bytes: Buffer, limits: CodecLimits): Promise<Description> {
  const { width, height, frames, hasAlpha, isDecodable } = await headOf(bytes, limits);
  const size = { width, height, frames, hasAlpha };
  const without = (error: CodecFailure) => ({ ...size, placeholder: null, dominantColor: null, error });
  if (!isDecodable) return without('not_convertible');
  if (width * height > limits.maxPixels) return without('too_large');
  const sample = await sampleOf(bytes, limits);
  if (sample === undefined) return without('unreadable');
  const [{ dominant }, tiny] = await Promise.all([
    decoded(sample).stats(),
    decoded(sample)
      .resize(PLACEHOLDER_EDGE, PLACEHOLDER_EDGE, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 30, alphaQuality: 30, smartSubsample: false })
      .toBuffer(),
  ]);
  const hex = [dominant.r, dominant.g, dominant.b].map((part) => part.toString(16).padStart(2, '0')).join('');
  const placeholder = `data:image/webp;base64,${tiny.toString('base64')}`;
  return { ...size, placeholder, dominantColor: `#${hex}`, error: null };
}

async function sampleOf(bytes: Buffer, limits: CodecLimits): Promise<Buffer | undefined> {
  const sample = opened(bytes, limits, 1)
    .autoOrient()
    .resize(SAMPLE_EDGE, SAMPLE_EDGE, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .png();
  return sample.toBuffer().catch(() => undefined);
}

/** A variant: upright, in sRGB, without metadata. Throws ImageRefused, and sharp's errors. */
export async function render(bytes: Buffer, job: RenderJob, limits: CodecLimits): Promise<Rendered> {
  const { frames, width, height, isDecodable } = await headOf(bytes, limits);
  if (!isDecodable) throw new ImageRefused('not_convertible');
  const kept = job.isAnimated ? frames : 1;
  if (kept > limits.maxFrames || width * height * kept > limits.maxPixels) throw new ImageRefused('too_large');
  const { crop } = job;
  const whole = opened(bytes, limits, kept).autoOrient();
  const resized =
    crop === undefined
      ? whole.resize(job.width, job.height, { fit: 'fill' })
      : whole
          .resize(crop.fullWidth, crop.fullHeight, { fit: 'fill' })
          .extract({ left: crop.left, top: crop.top, width: job.width, height: job.height });
  const { data } = await encoded(resized.toColourspace('srgb'), job).toBuffer({ resolveWithObject: true });
  return { bytes: data, width: job.width, height: job.height };
}

async function headOf(bytes: Buffer, limits: CodecLimits) {
  // The brand of an image sequence: only its first image would be seen.
  const isSequence = bytes.toString('latin1', 4, 12) === 'ftypavis';
  const metadata = decoded(bytes).metadata();
  const {
    autoOrient,
    pages = 1,
    hasAlpha = false,
    compression,
  } = await metadata.catch((error: unknown) => {
    // Of HEIF the decoders know AVIF alone: what they cannot read may well be an image of another codec.
    throw bytes.toString('latin1', 4, 8) === 'ftyp' ? new ImageRefused('not_convertible') : error;
  });
  const { width, height } = autoOrient;
  return {
    width,
    height,
    frames: Math.min(pages, limits.maxFrames + 1),
    hasAlpha,
    isDecodable: !isSequence && compression !== 'hevc',
  };
}

/** With the limit on pixels, which libvips asks before it decodes any. */
function opened(bytes: Buffer, { maxPixels }: CodecLimits, frames: number) {
  return sharp(bytes, { pages: frames, limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true });
}

/** For the head alone, which a truncated file and one that is too large have too. */
function decoded(bytes: Buffer) {
  return sharp(bytes, { limitInputPixels: false, failOn: 'none' });
}

function encoded(image: Sharp, { format, quality }: RenderJob): Sharp {
  switch (format) {
    case 'avif':
      // At the same number AVIF keeps more than JPEG does.
      return image.avif({ quality: Math.round(quality * 0.75), effort: 3 });
    case 'webp':
      return image.webp({ quality, effort: 4 });
    case 'png':
      return image.png({ compressionLevel: 8 });
    case 'gif':
      return image.gif();
    case 'jpeg':
      return image.flatten({ background: '#ffffff' }).jpeg({ quality, mozjpeg: false, progressive: true });
  }
}
