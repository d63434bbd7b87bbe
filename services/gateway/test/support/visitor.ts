import type { TestGateway } from './gateway.ts';
import type { Answer } from './servers.ts';

/** A browser without a window: one cookie jar a host, and no redirect followed unless it is told to. */
export interface Visitor {
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  /** Opens a page, fills in its form and sends it. */
  fill(url: string, fields: Record<string, string>, change?: (form: Map<string, string>) => void): Promise<Answer>;
  /** Follows redirects; gives the last answer and the addresses on the way, the first one included. */
  follow(url: string): Promise<{ answer: Answer; way: string[] }>;
  readonly cookies: Map<string, Map<string, string>>;
}

export function createVisitor(gateway: TestGateway): Visitor {
  const cookies = new Map<string, Map<string, string>>();

  function jarOf(host: string): Map<string, string> {
    const jar = cookies.get(host) ?? new Map<string, string>();
    cookies.set(host, jar);
    return jar;
  }

  async function send(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const { host, hostname, pathname, search } = new URL(url);
    const jar = jarOf(hostname);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await gateway.send(pathname + search, {
      method,
      headers: { host, accept: 'text/html', ...(cookie !== '' && { cookie }), ...headers },
      ...(body !== undefined && { body }),
    });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';', 1);
      const [name = '', value = ''] = pair.split('=', 2);
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  return {
    cookies,
    get: (url, headers = {}) => send('GET', url, headers),
    async fill(url, fields, change = () => {}) {
      const page = await send('GET', url, {});
      const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1];
      if (action === undefined) throw new Error(`there is no form at ${url}: ${page.status} ${page.text}`);
      const hidden = page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
      const form = new Map([...hidden].map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      change(form);
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin };
      return send('POST', new URL(action, url).href, headers, new URLSearchParams([...form]).toString());
    },
    async follow(url) {
      const way = [url];
      for (;;) {
        const at = way.at(-1) ?? url;
        const answer = await send('GET', at, {});
        const { location } = answer.headers;
        if (answer.status < 300 || answer.status > 399 || location === undefined || way.length > 10)
          return { answer, way };
        way.push(new URL(location, at).href);
      }
    },
  };
}
