import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Left half red, right half blue, with a green corner at the top left: what was turned or flipped can be told. */
export function picture(width = 120, height = 80, channels: 3 | 4 = 3): Sharp {
  const half = Math.max(1, Math.floor(width / 2));
  const corner = Math.max(1, Math.floor(width / 8));
  const block = (colour: string, w: number, h: number) => ({
    create: { width: w, height: h, channels: 3 as const, background: colour },
  });
  return sharp({
    create: { width, height, channels, background: channels === 4 ? { r: 0, g: 0, b: 255, alpha: 0.5 } : '#0000ff' },
  }).composite([
    { input: block('#ff0000', half, height), left: 0, top: 0 },
    { input: block('#00ff00', corner, Math.min(corner, height)), left: 0, top: 0 },
  ]);
}

/** A picture that stands upright once its EXIF orientation is followed. */
export async function oriented(orientation: number): Promise<Buffer> {
  const upright = await picture().png().toBuffer();
  // Sharp turns after it has flopped.
  const stored = ((): Sharp => {
    const image = sharp(upright);
    switch (orientation) {
      case 2:
        return image.flop();
      case 3:
        return image.rotate(180);
      case 4:
        return image.flip();
      case 5:
        return image.rotate(270).flop();
      case 6:
        return image.rotate(270);
      case 7:
        return image.rotate(90).flop();
      case 8:
        return image.rotate(90);
      default:
        return image;
    }
  })();
  return stored.jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer();
}

export async function animation(frames: number, size = 40): Promise<Buffer> {
  const colours = ['#ff0000', '#00ff00', '#0000ff'];
  const pages = await Promise.all(
    Array.from({ length: frames }, (_, index) =>
      sharp({
        create: { width: size, height: size, channels: 3, background: colours[index % 3] ?? '#000000' },
      })
        .composite([{ input: Buffer.from([index, 255 - index, 7]), raw: { width: 1, height: 1, channels: 3 } }])
        .png()
        .toBuffer(),
    ),
  );
  return sharp(pages, { join: { animated: true } })
    .gif({ delay: 100, loop: 0 })
    .toBuffer();
}

/** Metadata as a phone writes it. */
export function withPosition(): Promise<Buffer> {
  return picture()
    .jpeg()
    .withExif({
      IFD0: { Make: 'a-camera-of-mine', ImageDescription: 'at home' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '0/1 7/1 0/1' },
    })
    .toBuffer();
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** A PNG whose head promises any size; its pixels are black and compress to nothing. */
export function pngOf(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.min(4_000_000, (Math.ceil(width / 8) + 1) * height)));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A still PNG, with the chunks that make an animated one of it in front of its pixels. */
export async function apng(): Promise<Buffer> {
  const still = await picture().png().toBuffer();
  const pixels = still.indexOf('IDAT') - 4;
  const control = Buffer.alloc(8);
  control.writeUInt32BE(1, 0);
  const frame = Buffer.alloc(26);
  frame.writeUInt32BE(120, 4);
  frame.writeUInt32BE(80, 8);
  return Buffer.concat([
    still.subarray(0, pixels),
    chunk('acTL', control),
    chunk('fcTL', frame),
    still.subarray(pixels),
  ]);
}

/** An image file of the HEIF family that claims other brands or codecs than it was made with. */
export async function heif(changes: Readonly<Record<string, string>>): Promise<Buffer> {
  let text = (await picture().avif({ quality: 50 }).toBuffer()).toString('latin1');
  for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
  return Buffer.from(text, 'latin1');
}

/** The bytes of a bitmap of Windows: not decoded here. */
export function bmp(): Buffer {
  const bytes = Buffer.alloc(58);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(58, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(1, 18);
  bytes.writeInt32LE(1, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}
