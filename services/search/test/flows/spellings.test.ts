import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SearchService, startSearch } from '../search-service.ts';

/** What a text says, in which language, and what is typed to find it. */
const found: readonly (readonly [text: string, query: string, language?: string])[] = [
  ['Wir wohnen in Zürich am See', 'Zürich'],
  ['Wir wohnten in Zu\u0308rich am See', 'zurich'],
  ['Herr Müller grüßt', 'Mueller'],
  ['Frau Moeller kam', 'Möller'],
  ['Die Straße ist lang', 'STRASSE'],
  ['Das Maß ist voll', 'mass'],
  ['Ein Café am Eck', 'cafe'],
  ['Encore un cafe\u0301 noir', 'café'],
  ['Les œuvres complètes', 'oeuvres'],
  ['Un ﬁlm ﬂou', 'film'],
  ["C'était l'été dernier", 'ete'],
  ['El niño comió piñas', 'pinas'],
  ['Smørrebrød på Østerbro', 'smorrebrod'],
  ['Åse og Bjørn', 'bjoern'],
  ['Łódź i Gdańsk', 'lodz'],
  ['İstanbul güzel', 'istanbul'],
  ['ISPARTA ve ıhlamur', 'ihlamur'],
  ['Phở bò Hà Nội', 'pho'],
  ['Η Ελλάδα είναι όμορφη', 'ΕΛΛΑΔΑ'],
  ['Ο δρόμος της θάλασσας', 'δρομοσ'],
  ['Москва слезам не верит', 'МОСКВА'],
  ['Зелёная ёлка', 'елка'],
  ['Київ і Львів', 'київ'],
  ['北京欢迎你', '北京'],
  ['我们在图书馆学习', '图书馆'],
  ['龍', '龍'],
  ['上海', '海'],
  ['東京タワーに登る', 'タワー'],
  ['ｶﾞｲﾄﾞﾌﾞｯｸを読む', 'ガイド'],
  ['ひらがなを書く', 'ひらがな'],
  ['한국어를 배웁니다', '한국어'],
  ['대한민국의 수도', '민국'],
  ['สวัสดีครับทุกคน', 'สวัสดี'],
  ['ร้านอาหารไทยในกรุงเทพ', 'อาหารไทย'],
  ['ຂໍ້ຄວາມພາສາລາວ', 'ພາສາ'],
  ['مرحبا بالعالَم الجميل', 'بالعالم'],
  ['قرأت كِتَابًا', 'كتابا'],
  ['إسلام أحمد', 'احمد'],
  ['می‌خواهم بروم', 'میخواهم'],
  ['שָׁלוֹם עולם', 'שלום'],
  ['हिन्दी भाषा सीखो', 'भाषा'],
  ['क़लम और दवात', 'कलम'],
  ['தமிழ் மொழி', 'தமிழ்'],
  ['ქართული ენა', 'ქართული'],
  ['Ｆｕｌｌｗｉｄｔｈ text', 'fullwidth'],
  ['Donau\u00addampf\u00adschiff', 'donaudampfschiff'],
  ['zero\u200bwidth space', 'zerowidth'],
  ['Raum ٣٤٥ im Haus', '345'],
  ['ห้อง ๗๘๙', '789'],
  ['Learn C++ today', 'c++'],
  ['Learn C# tomorrow', 'C#'],
  ['Built on .NET since long', '.net'],
  ['Servers of Node.js here', 'node.js'],
  ['Write to jane.doe@example.com now', 'jane.doe@example.com'],
  ['Mail of domains of example.org', 'example'],
  ['Part A-1234/5 is out', 'A-1234/5'],
  ['Part B-9876/1 is in', '9876'],
  ['She was running home', 'run', 'en'],
  ['Viele Häuser am Hang', 'Haus', 'de'],
  ['Des chevaux rapides', 'rapide', 'fr'],
  ['Красивые дома стоят', 'красивый', 'ru'],
  ['The elephant in the room', 'elephnat'],
  ['A restaurant in town', 'resturant'],
  ['Notepad++ opens', 'notepad++'],
  ['It costs 3.14 exactly', '3.14'],
  ['Held on 2026-11-22 there', '2026-11-22'],
];

const notFound: readonly (readonly [text: string, query: string, language?: string])[] = [
  ['A plain letter c alone', 'c++'],
  ['A letter c on a line', 'c# '],
  ['The net of fishes', '.net'],
  ['北方和东京', '北京'],
  ['京東商城', '東京'],
  ['国民大韓', '民国'],
  ['타워팰리스', '워타'],
  ['มากมาย', 'ยมา'],
  ['Unsaid things', 'unsaidthings'],
  ['Hausboote fahren', 'boote', 'de'],
  ['cat', 'car'],
  ['The universe expands', 'university'],
  ['Organic food', 'organelle', 'en'],
  ['<b>bold</b>', 'nbsp'],
  ['Part A-1234/6', '"A-1234/5"'],
  ['Red and fish and blue', '"red fish"'],
  ['Alpha beta', '"beta alpha"'],
  ['Alpha beta', 'alpha -beta'],
  ['mail@example.net', 'mail@example.com'],
  ['הבית', 'שלום'],
  ['Москва', 'Минск'],
  ['Running quickly', '"run quickly"', 'en'],
];

let service: SearchService;
let ready = '';
beforeAll(async () => {
  service = await startSearch();
  for (const [index, [text, , language]] of [...found, ...notFound].entries()) {
    ready = service.feed.change({
      id: `e${index}`,
      type: `type${index}`,
      published: {
        title: `Entry ${index}`,
        text,
        languages: language === undefined ? [] : [{ language, from: 0, to: text.length }],
      },
    });
  }
  await service.search({ q: 'entry', min_seq: ready });
  return service.close;
});
afterAll(() => service.close());

describe('a search', () => {
  it.each(found.map((row, index) => [...row, index] as const))('finds “%s” by %s', async (...row) => {
    const [text, query] = row;
    const index = found.findIndex((one) => one[0] === text);
    const { ids, body } = await service.search({ q: query, min_seq: ready, limit: '50' });
    expect(ids).toContain(`e${index}`);
    const item = body.items.find((one: { id: string }) => one.id === `e${index}`);
    expect(item.highlight).toContain('<mark>');
  });

  it.each(notFound.map((row) => [...row] as const))('does not find “%s” by %s', async (...row) => {
    const [text, query] = row;
    const index = notFound.findIndex((one) => one[0] === text && one[1] === query) + found.length;
    const { ids } = await service.search({ q: query, type: `type${index}`, min_seq: ready });
    expect(ids).toEqual([]);
  });
});
