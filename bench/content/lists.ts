/** Lists as they are asked, and the same by hand over the rows of `entry_variants` as `seed.ts` fills them. */
export const lists = [
  {
    name: 'state = published, by date',
    query: 'filter[state][eq]=published&sort=-date',
    filter: `s3 = text_key('published') and s4 > ''`,
    order: 's4 desc',
  },
  {
    name: 'rating >= 50, by title',
    query: 'filter[rating][gte]=50&sort=title',
    filter: `n1 >= 50 and n1 < 'NaN' and s1 > ''`,
    order: 's1',
  },
  {
    name: 'slug = one',
    query: 'filter[slug][eq]=article-4711&sort=-date',
    filter: `s2 = text_key('article-4711')`,
    order: 's4 desc',
  },
  {
    name: 'two ranges, by date',
    query: 'filter[rating][gte]=95&filter[price][lt]=500&sort=-date',
    filter: `n1 >= 95 and n1 < 'NaN' and n2 < 500 and s4 > ''`,
    order: 's4 desc',
  },
  {
    name: 'common tag, by date',
    query: 'filter[tags][contains]=t3&sort=-date',
    filter: `items @> array['3 ftags t3'] and s4 > ''`,
    order: 's4 desc',
  },
  {
    name: 'rare tag, by date',
    query: 'filter[tags][contains]=rare77&sort=-date',
    filter: `items @> array['3 ftags rare77'] and s4 > ''`,
    order: 's4 desc',
  },
  {
    name: 'oldest year, newest first',
    query: 'filter[year][eq]=2016&sort=-date',
    filter: `n3 = 2016 and s4 > ''`,
    order: 's4 desc',
  },
  {
    name: 'state, by rating and title',
    query: 'filter[state][eq]=review&sort=-rating,title',
    filter: `s3 = text_key('review') and n1 < 'NaN'`,
    order: 'n1 desc',
  },
] as const;
