import { expect, it } from 'vitest';
import { analyse } from '../../src/documents/analysis.ts';
import { passagesOf } from '../../src/documents/passages.ts';
import { searchVector } from '../../src/documents/search-vector.ts';

const none = () => undefined;
const analysed = (title: string, text: string, language?: string) =>
  analyse({ title, titleLanguage: language, text, languages: [] });

it('weighs title over text, with a gap between them', () => {
  expect(searchVector('a.test', analysed('Red fish', 'Blue fish'), none)).toEqual({
    text: "'site:a.test' 'red':1A 'title:red' 'fish':2A,12B 'title:fish' 'blue':11B",
    whole: true,
  });
});

it('names the site of an empty document too', () => {
  expect(searchVector('a.test', analysed('', ''), none).text).toBe("'site:a.test'");
});

it('puts stems and other spellings beside words, and gives stems no place', () => {
  const stemOf = ({ stemmed }: { stemmed: { word: string } | undefined }) =>
    stemmed && `de~${stemmed.word.slice(0, 4)}`;
  expect(searchVector('a.test', analysed('Müller', '', 'de'), stemOf).text).toBe(
    "'site:a.test' 'muller':1A 'title:muller' 'mueller':1A 'title:mueller' 'de~Müll' 'title:de~Müll'",
  );
});

it('gives no position to words that PostgreSQL would put at a wrong one, and says so', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `w${index}`).join(' ');
  const vector = searchVector('a.test', analysed('', text), none);
  expect(vector.text).toContain("'w16374':16383B");
  expect(vector.text).toContain("'w16375' ");
  expect(vector.whole).toBe(false);
});

it('stays below a megabyte however many different words there are', () => {
  const text = Array.from({ length: 150_000 }, (_, index) => (index + 1_000_000).toString(36)).join(' ');
  const { text: vector, whole } = searchVector('a.test', analysed('', text), none);
  const bytes = [...vector.matchAll(/'([^']*)'/g)].reduce(
    (sum, match) => sum + Buffer.byteLength(match[1] ?? '') + 6,
    0,
  );
  expect(bytes).toBeLessThan(1_000_000);
  expect(whole).toBe(false);
});

it.each([
  ['long', Array.from({ length: 9_000 }, (_, index) => `w${index}`).join(' ')],
  ['repeated', 'ก'.repeat(3_000)],
  ['compound', 'a.b@c.de '.repeat(3_000)],
])('cuts a %s text into passages that keep every place and repeat the longest phrase', (_name, text) => {
  const analysis = analysed('', text);
  const passages = passagesOf(analysis.text);
  expect(passages.length).toBeGreaterThan(1);
  for (const { search } of passages) {
    for (const [, places = ''] of search.matchAll(/':(\S+)/g)) expect(places.split(',').length).toBeLessThan(256);
  }
  const covered = passages.map((passage) => text.indexOf(passage.text.slice(-20)));
  expect(covered.every((place) => place >= 0)).toBe(true);
  expect(text.endsWith(passages.at(-1)?.text.slice(-5) ?? 'nothing')).toBe(true);
});
