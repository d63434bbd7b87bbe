import { type IncomingHttpHeaders, request } from 'node:http';

/** What a person sees. */
export interface Page {
  readonly status: number;
  /** Where the browser is. */
  readonly url: string;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  readonly title: string;
}

type Fields = Readonly<Record<string, string | undefined>>;

/** A browser without scripts: cookies by host, redirects, forms. */
export interface Person {
  /** By host. */
  readonly cookies: Map<string, Map<string, string>>;
  visit(url: string): Promise<Page>;
  /**
   * Fills in a form of the page and sends it: the first one, or that with this action. Undefined takes a field out;
   * `headers` replace those of the browser.
   */
  submit(
    page: Page,
    fields?: Fields,
    options?: { action?: string; headers?: Readonly<Record<string, string>> },
  ): Promise<Page>;
  /** One request as a program in the page would make it; nothing is followed. */
  send(method: string, url: string, headers?: Readonly<Record<string, string>>, body?: string): Promise<Page>;
}

const MOST_REDIRECTS = 10;

export function createPerson(language = 'en'): Person {
  const cookies = new Map<string, Map<string, string>>();

  function keep(host: string, lines: readonly string[]): void {
    const jar = cookies.get(host) ?? new Map<string, string>();
    cookies.set(host, jar);
    for (const line of lines) {
      const [pair = ''] = line.split(';', 1);
      const [name = '', value = ''] = pair.split('=', 2);
      if (/;\s*max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
  }

  async function send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Page> {
    const { host, hostname, port, pathname, search } = new URL(url);
    const cookie = [...(cookies.get(hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    const all = {
      host,
      accept: 'text/html',
      'accept-language': language,
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      ...(cookie !== '' && { cookie }),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    // To the loopback address: not every machine resolves names below localhost.
    const target = { host: '127.0.0.1', port, path: pathname + search, method, headers: all, agent: false };
    return new Promise((resolve, reject) => {
      const sent = request(target, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        incoming.on('error', reject).on('end', () => {
          keep(hostname, incoming.headers['set-cookie'] ?? []);
          const title = /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? '';
          resolve({ status: incoming.statusCode ?? 0, url, text, headers: incoming.headers, title });
        });
      });
      sent.on('error', reject).end(body);
    });
  }

  async function followed(first: Page): Promise<Page> {
    let page = first;
    for (let count = 0; page.status === 303; count += 1) {
      if (count === MOST_REDIRECTS) throw new Error(`too many redirects: ${page.url}`);
      page = await send('GET', new URL(String(page.headers.location), page.url).href);
    }
    return page;
  }

  return {
    cookies,
    send,
    visit: async (url) => followed(await send('GET', url)),
    async submit(page, fields = {}, { action, headers } = {}) {
      const form = formOf(page, action);
      for (const [name, value] of Object.entries(fields)) {
        if (value === undefined) form.fields.delete(name);
        else form.fields.set(name, value);
      }
      const own = {
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(page.url).origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      };
      const body = new URLSearchParams([...form.fields]).toString();
      return followed(await send('POST', new URL(form.action, page.url).href, own, body));
    },
  };
}

function formOf(page: Page, wanted: string | undefined): { action: string; fields: Map<string, string> } {
  for (const [, action = '', inside = ''] of page.text.matchAll(
    /<form method="post" action="([^"]+)">([\s\S]*?)<\/form>/g,
  )) {
    if (wanted !== undefined && action !== wanted) continue;
    const inputs = inside.matchAll(/<input(?: id="[^"]*")? (?:type="hidden" )?name="([^"]+)"([^>]*)>/g);
    const fields = [...inputs].flatMap(([, name = '', rest = '']): [string, string][] => {
      if (rest.includes('type="checkbox"') && !rest.includes(' checked')) return [];
      return [[name, unescaped(/ value="([^"]*)"/.exec(rest)?.[1] ?? '')]];
    });
    return { action, fields: new Map(fields) };
  }
  throw new Error(`there is no form ${wanted ?? ''} at ${page.url}: ${page.status} ${page.text}`);
}

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
