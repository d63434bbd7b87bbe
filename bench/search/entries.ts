/** Made-up content of one site: the same for the same number of entries, whenever it is asked for. */
export interface MadeEntries {
  readonly count: number;
  /** Access classes and entitlements that the entries need. */
  readonly rules: readonly object[];
  event(index: number): object;
}

export const SITE = 'bench.localhost';
/** Stands in more than half of all entries. */
export const COMMON_WORD = 'river';
const AT = '2026-11-22T02:20:00.000Z';
const VOCABULARY = 30_000;
const WORDS_OF_TEXT = 120;
const PRODUCTS = 10;

/** mulberry32: a small generator that can be started anywhere. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The word of a rank; the lower the rank, the more often it is used. */
export function wordOf(rank: number): string {
  return `w${(rank * 7_919 + 46_656).toString(36)}`;
}

/** Ranks as in real text: the n-th word is about n times as rare as the first. */
function rank(random: () => number): number {
  return Math.floor(VOCABULARY ** random()) - 1;
}

export function madeEntries(count: number): MadeEntries {
  const rules = [
    ...Array.from({ length: PRODUCTS }, (_, index) => ({
      kind: 'class',
      id: `class-${index}`,
      class: { id: 16 + index, kind: 'products', names: [`product-${index}`] },
    })),
    { kind: 'class', id: 'class-roles', class: { id: 40, kind: 'roles', names: ['teacher'] } },
    ...['product-1', 'product-2'].map((product) => ({
      kind: 'entitlement',
      id: `holder-${product}`,
      entitlement: { user: 'holder', product, held: true },
    })),
  ].map((rule) => ({ seq: '1', at: AT, site: SITE, ...rule }));
  return { count, rules, event: (index) => entryEvent(index) };
}

function entryEvent(index: number): object {
  const random = randomOf(index);
  const words = (length: number) => Array.from({ length }, () => wordOf(rank(random))).join(' ');
  const common = random() < 0.6 ? `${COMMON_WORD} ` : '';
  const copy = { title: words(6), text: common + words(WORDS_OF_TEXT), assets: [], restricted: [], fields: {} };
  const [visibility, accessClass] = accessOf(random);
  const isPublished = random() < 0.9;
  return {
    seq: String(index + 2),
    at: AT,
    kind: 'entry',
    site: SITE,
    id: `entry-${index}`,
    entry: {
      type: 'article',
      author: `author-${index % 50}`,
      visibility,
      access_class: accessClass,
      status: isPublished ? 'published' : 'draft',
      version: 1,
      updated_at: AT,
      draft: copy,
      published: isPublished ? { ...copy, published_at: AT } : null,
    },
  };
}

function accessOf(random: () => number): [string, number] {
  const drawn = random();
  if (drawn < 0.5) return ['public', 1];
  if (drawn < 0.75) return ['members', 2];
  if (drawn < 0.95) return ['products', 16 + Math.floor(random() * PRODUCTS)];
  return drawn < 0.98 ? ['roles', 40] : ['author', 3];
}
