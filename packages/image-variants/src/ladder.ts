/** Widths that variants are made in: few, so that all who ask share what was made, and no caller can have millions made. */
export const widths: readonly number[] = Object.freeze([
  16, 32, 48, 64, 96, 128, 160, 256, 320, 384, 480, 640, 750, 828, 960, 1080, 1200, 1440, 1600, 1920, 2048, 2560, 3840,
]);

export const qualities = Object.freeze([40, 55, 70, 80, 90] as const);
export type Quality = (typeof qualities)[number];
export const DEFAULT_QUALITY: Quality = 80;

/** `cover` fills the box and crops around the focal point; `inside` shows the whole image within the box. */
export const fits = Object.freeze(['cover', 'inside'] as const);
export type Fit = (typeof fits)[number];

export const formats = Object.freeze(['avif', 'webp', 'jpeg', 'png', 'gif'] as const);
export type Format = (typeof formats)[number];

/** Width to height of boxes that designs ask for. */
const ratios: readonly (readonly [number, number])[] = [
  [1, 1],
  [5, 4],
  [4, 3],
  [3, 2],
  [16, 10],
  [16, 9],
  [2, 1],
  [21, 9],
  [3, 1],
  [4, 5],
  [3, 4],
  [2, 3],
  [10, 16],
  [9, 16],
];

/** The heights that go with a width, ascending: those of the ladder, and those of common aspect ratios. */
export function heightsFor(width: number): readonly number[] {
  const ofRatios = ratios.map(([across, down]) => Math.round((width * down) / across));
  return [...new Set([...widths, ...ofRatios])].toSorted((one, other) => one - other);
}

/** The step that is enough for an image that wide. */
export function stepFor(width: number): number {
  return widths.find((step) => step >= width) ?? LARGEST_WIDTH;
}

export const LARGEST_WIDTH = 3840;
