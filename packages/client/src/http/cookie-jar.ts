/** The cookies of one visitor, in the middle between browser and gateway. */
export interface CookieJar {
  /** Value of the Cookie header; undefined for none. */
  header(): string | undefined;
  /** Takes a Set-Cookie line. */
  take(line: string): void;
}

export function createCookieJar(header: string | null | undefined): CookieJar {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const [name, value] = pairOf(part);
    if (name !== '') cookies.set(name, value);
  }
  return {
    header: () => (cookies.size === 0 ? undefined : [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')),
    take(line) {
      const [pair = '', ...attributes] = line.split(';');
      const [name, value] = pairOf(pair);
      if (attributes.some(isOver)) cookies.delete(name);
      else cookies.set(name, value);
    },
  };
}

function pairOf(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? ['', ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function isOver(attribute: string): boolean {
  const [name, value] = pairOf(attribute);
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= 0;
}
