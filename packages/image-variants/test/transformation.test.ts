import { describe, expect, it } from 'vitest';
import { readVariantPath, variantPath } from '../src/address.ts';
import { heightsFor, widths } from '../src/ladder.ts';
import { srcsetOf } from '../src/srcset.ts';
import {
  cropOf,
  keyOf,
  requestOf,
  sizeOf,
  transformationFor,
  VariantNotAllowed,
  type VariantRequest,
} from '../src/transformation.ts';

const photo = { width: 4000, height: 3000 };
const file = {
  id: '0c7a6f8e-0000-4000-8000-000000000001',
  sha256: 'a'.repeat(64),
  fileName: 'Été à Paris.JPG',
  ...photo,
};
const keyFor = (request: VariantRequest, source = photo) => keyOf(transformationFor(request, source));

describe('a request', () => {
  it.each<[VariantRequest, string]>([
    [{ width: 640 }, 'w640-q80'],
    [{}, 'w3840-q80'],
    [{ width: 640, quality: 40 }, 'w640-q40'],
    [{ width: 640, height: 360, fit: 'cover' }, 'w640-h360-cover-10-10-q80'],
    [{ width: 640, height: 360, fit: 'cover', focal: { x: 0.33, y: 1 } }, 'w640-h360-cover-7-20-q80'],
    [{ width: 640, height: 640, fit: 'inside', focal: { x: 0, y: 0 } }, 'w640-h640-inside-q80'],
  ])('%j has a key that says how the variant is made', (request, key) => {
    expect(keyFor(request)).toBe(key);
    expect(keyFor(requestOf(key) ?? {})).toBe(key);
  });

  it.each<[VariantRequest, string, number[] | undefined]>([
    [{ width: 800 }, 'width_not_allowed', [...widths]],
    [{ width: 0 }, 'width_not_allowed', [...widths]],
    [{ width: 640.5 }, 'width_not_allowed', [...widths]],
    [{ height: 640, fit: 'cover' }, 'width_not_allowed', [...widths]],
    [{ width: 640, height: 361, fit: 'cover' }, 'height_not_allowed', [...heightsFor(640)]],
    [{ width: 640, height: 360 }, 'fit_required', undefined],
    [{ width: 640, fit: 'inside' }, 'fit_not_allowed', undefined],
    [{ width: 640, quality: 81 }, 'quality_not_allowed', [40, 55, 70, 80, 90]],
  ])('%j is refused, with what is allowed', (request, code, allowed) => {
    const error = (() => {
      try {
        return transformationFor(request, photo);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(VariantNotAllowed);
    expect(error).toMatchObject({ code, allowed });
  });

  it('for more than the image has means one and the same', () => {
    const small = { width: 700, height: 500 };
    expect(new Set([750, 960, 3840, undefined].map((width) => keyFor({ width }, small)))).toEqual(
      new Set(['w750-q80']),
    );
    expect(sizeOf(transformationFor({ width: 3840 }, small), small)).toEqual(small);
  });

  it('may be a preset of the site, and no other box', () => {
    const preset = { width: 333, height: 111, fit: 'cover' as const };
    expect(keyOf(transformationFor(preset, photo, [preset]))).toBe('w333-h111-cover-10-10-q80');
    expect(() => transformationFor({ ...preset, height: 112 }, photo, [preset])).toThrow(VariantNotAllowed);
  });
});

describe('a size', () => {
  it.each<[VariantRequest, { width: number; height: number }, [number, number]]>([
    [{ width: 640 }, photo, [640, 480]],
    [{ width: 640 }, { width: 30_000, height: 1 }, [640, 1]],
    [{ width: 16 }, { width: 1, height: 1 }, [1, 1]],
    [{ width: 640, height: 640, fit: 'inside' }, photo, [640, 480]],
    [{ width: 640, height: 360, fit: 'cover' }, photo, [640, 360]],
    [{ width: 640, height: 360, fit: 'cover' }, { width: 320, height: 320 }, [320, 180]],
    [{ width: 640, height: 640, fit: 'cover' }, { width: 1000, height: 10 }, [10, 10]],
  ])('for %j of %j is never enlarged', (request, source, [width, height]) => {
    expect(sizeOf(transformationFor(request, source), source)).toEqual({ width, height });
  });

  it('has its crop around the focal point, and within the image', () => {
    const crop = (x: number, y: number) =>
      cropOf(transformationFor({ width: 640, height: 640, fit: 'cover', focal: { x, y } }, photo), photo, {
        width: 640,
        height: 640,
      });
    expect(crop(0.5, 0.5)).toEqual({ left: 107, top: 0, fullWidth: 853, fullHeight: 640 });
    expect(crop(0, 0).left).toBe(0);
    expect(crop(1, 1)).toMatchObject({ left: 213, top: 0 });
  });
});

describe('an address', () => {
  it('names one variant in one format, and can be read again', () => {
    const transformation = transformationFor({ width: 640 }, photo);
    const path = variantPath(file, transformation, 'jpeg');
    expect(path).toMatch(/^\/assets\/0c7a6f8e-0000-4000-8000-000000000001\/w640-q80-[0-9a-f]{16}\/ete-a-paris\.jpg$/);
    const [, , , hashed = '', name = ''] = path.split('/');
    expect(readVariantPath(hashed, name)).toMatchObject({ key: 'w640-q80', format: 'jpeg', request: { width: 640 } });
    expect(variantPath({ ...file, sha256: 'b'.repeat(64) }, transformation, 'jpeg')).not.toBe(path);
  });

  it.each([
    ['w640-q80-0123456789abcdef', 'x.svg'],
    ['w640-q80-0123456789abcdef', 'webp'],
    ['w640-q80-0123456789ABCDEF', 'x.webp'],
    ['w640-0123456789abcdef', 'x.webp'],
    ['w640-q80', 'x.webp'],
    ['w640-h5-q80-0123456789abcdef', 'x.webp'],
    ['', ''],
  ])('is none: %s/%s', (hashed, name) => {
    expect(readVariantPath(hashed, name)).toBeUndefined();
  });
});

describe('a srcset', () => {
  const widthsOf = (request: VariantRequest, isMade?: (key: string) => boolean) =>
    srcsetOf(file, request, 'webp', isMade === undefined ? {} : { isMade }).map(({ width }) => width);

  it('has the steps of the ladder that the image has, up to what is asked for', () => {
    expect(widthsOf({ width: 828 })).toEqual([320, 384, 480, 640, 750, 828]);
    expect(srcsetOf({ ...file, width: 700, height: 500 }, {}, 'webp').map(({ width }) => width)).toEqual([
      320, 384, 480, 640, 700,
    ]);
    expect(srcsetOf({ ...file, width: 20, height: 20 }, {}, 'webp').map(({ width }) => width)).toEqual([20]);
  });

  it('keeps the shape of the box', () => {
    const entries = srcsetOf(file, { width: 640, height: 360, fit: 'cover' }, 'webp');
    expect(entries.map(({ transformation: { width, height } }) => [width, height])).toEqual([
      [320, 180],
      [384, 216],
      [480, 270],
      [640, 360],
    ]);
  });

  it('leaves out what is not made yet', () => {
    expect(widthsOf({ width: 640 }, (key) => key.startsWith('w480'))).toEqual([480]);
  });
});
