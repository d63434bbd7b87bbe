type Pages = AsyncGenerator<readonly object[]>;
type Member = Pages | object | string | boolean;

/** The text of a JSON object, member by member: what comes in pages is a list, of which one page is held at a time. */
export async function* jsonDocument(members: Readonly<Record<string, Member>>): AsyncGenerator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(members)) {
    yield `${before}\n${JSON.stringify(name)}: `;
    before = ',';
    if (isPages(value)) yield* listOf(value);
    else yield JSON.stringify(value);
  }
  yield '\n}\n';
}

async function* listOf(pages: Pages): AsyncGenerator<string> {
  let before = '[';
  for await (const items of pages) {
    for (const item of items) {
      yield `${before}\n${JSON.stringify(item)}`;
      before = ',';
    }
  }
  yield before === '[' ? '[]' : '\n]';
}

function isPages(value: Member): value is Pages {
  return typeof value === 'object' && Symbol.asyncIterator in value;
}
