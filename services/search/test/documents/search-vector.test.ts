import { expect, it } from 'vitest';
import { searchVector } from '../../src/documents/search-vector.ts';

it('weighs title over text, with a gap between them', () => {
  expect(searchVector('a.test', { title: 'Red fish', text: 'Blue fish' })).toBe(
    "'site:a.test' 'title:red' 'red':1A 'title:fish' 'fish':2A,12B 'blue':11B",
  );
});

it('names the site of an empty document too', () => {
  expect(searchVector('a.test', { title: '', text: '' })).toBe("'site:a.test'");
});

it('gives no position to words that PostgreSQL would put at a wrong one', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `w${index}`).join(' ');
  const vector = searchVector('a.test', { title: '', text });
  expect(vector).toContain("'w16374':16383B");
  expect(vector).toContain("'w16375' ");
});

it('stays below a megabyte however many different words there are', () => {
  const text = Array.from({ length: 150_000 }, (_, index) => (index + 1_000_000).toString(36)).join(' ');
  const counted = [...searchVector('a.test', { title: '', text }).matchAll(/'([^']*)'/g)];
  const bytes = counted.reduce((sum, match) => sum + Buffer.byteLength(match[1] ?? '') + 6, 0);
  expect(bytes).toBeLessThan(1_000_000);
});
