/** What the workers read: of HEIC and AVIF sequences only the size. All else is stored and delivered as it is. */
const READ = new Set([
  'image/apng',
  'image/avif',
  'image/gif',
  'image/heic',
  'image/heif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/webp',
]);

export function isConvertible(mediaType: string): boolean {
  return READ.has(mediaType);
}
