import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImageService, startImages } from './image-service.ts';
import { animation, apng, bmp, heif, oriented, picture, pngOf, withPosition } from './odd-files.ts';

/** What goes in and what comes out, file by file. */

let service: ImageService;
beforeAll(async () => {
  service = await startImages({ ASSETS_IMAGE_MAX_PIXELS: '4000000', ASSETS_IMAGE_TIMEOUT_MS: '15000' });
  return service.close;
});

const mebibyte = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1024)]);
const gray16 = () => {
  const pixels = Buffer.from(new Uint16Array(64 * 64).map((_, index) => index * 16).buffer);
  return sharp(pixels, { raw: { width: 64, height: 64, channels: 1, depth: 'ushort' } as never })
    .toColourspace('grey16')
    .png()
    .toBuffer();
};

const converted: readonly [string, () => Promise<Buffer> | Buffer, { width: number; height: number }, string?][] = [
  ['a JPEG', () => picture().jpeg().toBuffer(), { width: 120, height: 80 }],
  ['a progressive JPEG', () => picture().jpeg({ progressive: true }).toBuffer(), { width: 120, height: 80 }],
  ['a CMYK JPEG', () => picture().toColourspace('cmyk').jpeg().toBuffer(), { width: 120, height: 80 }],
  ['a grey JPEG', () => picture().grayscale().jpeg().toBuffer(), { width: 120, height: 80 }],
  [
    'a PNG of 16 bits',
    () => picture().toColourspace('rgb16').png().toBuffer(),
    { width: 120, height: 80 },
    'image/png',
  ],
  ['a grey PNG of 16 bits', gray16, { width: 64, height: 64 }, 'image/png'],
  ['a palette PNG', () => picture().png({ palette: true }).toBuffer(), { width: 120, height: 80 }, 'image/png'],
  ['a transparent PNG', () => picture(120, 80, 4).png().toBuffer(), { width: 120, height: 80 }, 'image/png'],
  ['a JPEG in Display P3', () => picture().withIccProfile('p3').jpeg().toBuffer(), { width: 120, height: 80 }],
  ['a WebP', () => picture().webp().toBuffer(), { width: 120, height: 80 }, 'image/webp'],
  ['an AVIF', () => picture().avif().toBuffer(), { width: 120, height: 80 }, 'image/avif'],
  ['a TIFF', () => picture().tiff({ compression: 'lzw' }).toBuffer(), { width: 120, height: 80 }, 'image/tiff'],
  ['a GIF', () => picture().gif().toBuffer(), { width: 120, height: 80 }, 'image/gif'],
  ['an APNG', apng, { width: 120, height: 80 }, 'image/apng'],
  ['one pixel', () => picture(2, 1).resize(1, 1).png().toBuffer(), { width: 1, height: 1 }, 'image/png'],
  ['a line of 30,000 pixels', () => picture(30_000, 1).png().toBuffer(), { width: 640, height: 1 }, 'image/png'],
  ['a JPEG with a ZIP behind it', async () => mebibyte(await picture().jpeg().toBuffer()), { width: 120, height: 80 }],
  ['a JPEG called PNG', () => picture().jpeg().toBuffer(), { width: 120, height: 80 }, 'image/png'],
];

describe('a variant', () => {
  it.each(converted)('of %s is a WebP and a JPEG or PNG without metadata', async (name, make, size, type) => {
    const { id, ...told } = await service.image(await make(), { ...(type !== undefined && { type }) });
    expect(told, name).toMatchObject({ dominant_color: expect.stringMatching(/^#[0-9a-f]{6}$/) });
    expect(told.placeholder).toMatch(/^data:image\/webp;base64,.{20,400}$/);
    for (const accept of ['image/webp', '*/*']) {
      const answer = await service.get(`/assets/${id}?width=640`, { accept });
      expect(answer.statusCode, answer.body).toBe(200);
      const metadata = await sharp(answer.rawPayload).metadata();
      expect(metadata).toMatchObject(size);
      expect(metadata.space).toMatch(/^(?:srgb|b-w)$/);
      expect([metadata.exif, metadata.icc, metadata.xmp, metadata.orientation]).toEqual(Array(4).fill(undefined));
      expect(answer.headers['content-type']).toBe(`image/${metadata.format}`);
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('stands upright from the orientation %s', async (orientation) => {
    const told = await service.image(await oriented(orientation));
    expect(told).toMatchObject({ width: 120, height: 80 });
    const answer = await service.get(`/assets/${told.id}?width=96&format=png`);
    const { data, info } = await sharp(answer.rawPayload).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 96, height: 64 });
    const at = (x: number, y: number) =>
      [...data.subarray((y * 96 + x) * 3, (y * 96 + x) * 3 + 3)].map((part) => part > 128);
    expect([at(3, 3), at(24, 40), at(80, 20)]).toEqual([
      [false, true, false],
      [true, false, false],
      [false, false, true],
    ]);
  });

  it('says nothing of where the picture was taken', async () => {
    const original = await withPosition();
    expect((await sharp(original).metadata()).exif).toBeDefined();
    const { id } = await service.image(original);
    for (const format of ['webp', 'jpeg', 'png']) {
      const answer = await service.get(`/assets/${id}?width=96&format=${format}`);
      expect(answer.statusCode).toBe(200);
      expect(answer.rawPayload.toString('latin1')).not.toMatch(/Exif|a-camera-of-mine|at home/);
    }
  });

  it('keeps the colour of a wider space, converted to sRGB', async () => {
    const red = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#c83c3c' } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const { id } = await service.image(red, { type: 'image/png' });
    const answer = await service.get(`/assets/${id}?width=32&format=png`);
    const [r = 0, g = 0, b = 0] = await sharp(answer.rawPayload).removeAlpha().raw().toBuffer();
    expect([Math.abs(r - 200), Math.abs(g - 60), Math.abs(b - 60)].every((off) => off <= 4)).toBe(true);
  });

  it.each(['image/webp', '*/*'])('of an animation moves, for %s', async (accept) => {
    const { id } = await service.image(await animation(5), { type: 'image/gif' });
    const answer = await service.get(`/assets/${id}?width=32`, { accept });
    const metadata = await sharp(answer.rawPayload, { pages: -1 }).metadata();
    expect(metadata).toMatchObject({ pages: 5, width: 32, pageHeight: 32, format: accept === '*/*' ? 'gif' : 'webp' });
    const still = await service.get(`/assets/${id}?width=32&format=jpeg`);
    expect(await sharp(still.rawPayload).metadata()).toMatchObject({ format: 'jpeg', width: 32, height: 32 });
  });
});

const refused: readonly [string, () => Promise<Buffer> | Buffer, string, number, string, object][] = [
  [
    'an SVG with a script',
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    'image/svg+xml',
    415,
    'format_not_convertible',
    {},
  ],
  [
    'an SVG called PNG',
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'image/png',
    415,
    'format_not_convertible',
    {},
  ],
  ['a text', () => Buffer.from('no image'), 'image/jpeg', 415, 'format_not_convertible', {}],
  [
    'a PDF',
    () => Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n'),
    'application/pdf',
    415,
    'format_not_convertible',
    {},
  ],
  ['a bitmap', bmp, 'image/bmp', 415, 'format_not_convertible', {}],
  [
    'an icon',
    () => Buffer.from('00000100010010100000010020006804000016000000', 'hex'),
    'image/x-icon',
    415,
    'format_not_convertible',
    {},
  ],
  [
    'a JPEG 2000',
    () => Buffer.from('0000000c6a5020200d0a870a00000014667479706a703220000000006a703220', 'hex'),
    'image/jp2',
    415,
    'format_not_convertible',
    {},
  ],
  ['a HEIC', () => heif({ avif: 'heic', av01: 'hvc1', av1C: 'hvcC' }), 'image/heic', 415, 'format_not_convertible', {}],
  ['an AVIF sequence', () => heif({ ftypavif: 'ftypavis' }), 'image/avif', 415, 'format_not_convertible', {}],
  [
    'a truncated JPEG',
    async () => (await picture(800, 600).jpeg().toBuffer()).subarray(0, 2_000),
    'image/jpeg',
    422,
    'image_unreadable',
    { width: 800, height: 600 },
  ],
  [
    'a truncated PNG',
    async () => (await picture(800, 600).png({ compressionLevel: 0 }).toBuffer()).subarray(0, 5_000),
    'image/png',
    422,
    'image_unreadable',
    { width: 800 },
  ],
  [
    'the head of a JPEG alone',
    () => Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
    'image/jpeg',
    422,
    'image_unreadable',
    {},
  ],
  [
    'a PNG that promises 60,000 × 60,000',
    () => pngOf(60_000, 60_000),
    'image/png',
    422,
    'image_too_large',
    { width: 60_000 },
  ],
  ['a PNG over the limit on pixels', () => pngOf(2_500, 2_000), 'image/png', 422, 'image_too_large', { width: 2_500 }],
];

describe('no variant', () => {
  it.each(refused)('is made of %s, which is kept and delivered', async (_name, make, type, status, code, told) => {
    const bytes = await make();
    const made = await service.image(bytes, { type, name: 'picture' });
    expect(made).toMatchObject(told);
    expect(made).not.toHaveProperty('placeholder');
    const answer = await service.get(`/assets/${made.id}?width=96`);
    expect(answer.json()).toMatchObject({ status, code });
    const original = await service.get(`/assets/${made.id}`);
    expect(original.rawPayload.equals(bytes)).toBe(true);
  });

  it('is made of an animation over the limits; its first frame is', async () => {
    const { id } = await service.image(await animation(501, 8), { type: 'image/gif' });
    const answer = await service.get(`/assets/${id}?width=16&format=webp`);
    expect(answer.json()).toMatchObject({ status: 422, code: 'image_too_large' });
    const still = await service.get(`/assets/${id}?width=16&format=jpeg`);
    expect(still.statusCode).toBe(200);
  });

  it('runs anything: an SVG is for saving, in a sandbox', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const { id } = await service.image(svg, { type: 'image/svg+xml', name: 'x.svg' });
    const { headers } = await service.get(`/assets/${id}`);
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-disposition': 'attachment; filename=x.svg',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });
});
