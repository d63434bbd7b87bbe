import { expect, it } from 'vitest';
import { catalogueFaults } from '../src/catalogue.ts';

const texts = { title: 'Hello', hello: (name: string) => `Welcome ${name}`, more: { sentence: 'This is it.' } };

it('finds what the types of a catalogue cannot see', () => {
  const faults = catalogueFaults(
    {
      en: texts,
      fr: { ...texts, hello: (name) => `Bienvenue ${name}`, more: { sentence: 'Voilà.' } },
      de: { title: ' ', hello: () => 'Willkommen', more: { sentence: 'Das ist es.' } },
      zh: { ...texts, hello: (name) => `欢迎 ${name}` },
    },
    ['⟨name⟩'],
  );
  expect(faults).toEqual([
    'de.title: is missing',
    'de.hello: has other placeholders',
    'zh.more.sentence: is not translated',
  ]);
});
