import { LRUCache } from 'lru-cache';
/** A site as auth knows it. */
export interface Site {
  readonly site: string;
  readonly name: string;
  /** RFC 6454 origin at which the site exists under this host. */
  readonly origin: string;
  /** Whether people may register by themselves. */
  readonly registration: 'open' | 'invitation' | 'closed';
  /** Origins whose pages may call the site's API. */
  readonly origins: readonly string[];
}

export interface SitesOptions {
  /**
   * Asks auth; undefined where no site has this host. Rejects when auth does not answer, sooner where `isKnown`: what is
   * known serves meanwhile.
   */
  readonly lookUp: (host: string, isKnown: boolean) => Promise<Site | undefined>;
  readonly now: () => number;
  /** Told once when look-ups begin to fail. */
  readonly onFailure?: (error: unknown) => void;
}

export interface Sites {
  /** The site of a host (lower case, without port). Never rejects: when auth is away, what is known still counts. */
  find(host: string): Promise<Site | undefined>;
  /** The site of a host as far as it is remembered; nobody is asked. */
  known(host: string): Site | undefined;
}

const KNOWN_MS = 60_000;
/** Shorter: who has just registered a site wants to see it. */
const UNKNOWN_MS = 10_000;
/** After a failure auth is not asked again for so long, so that its absence slows nobody down. */
const PAUSE_MS = 2_000;
const CAPACITY = 10_000;

interface Entry {
  readonly site: Site | undefined;
  readonly freshUntil: number;
}

/** Host → site, remembered for a minute (no such site: ten seconds), bounded, and kept in use while auth is away. */
export function createSites(options: SitesOptions): Sites {
  const entries = new LRUCache<string, Entry>({ max: CAPACITY });
  const underWay = new Map<string, Promise<Site | undefined>>();
  let pausedUntil = 0;

  async function ask(host: string): Promise<Site | undefined> {
    try {
      const site = await options.lookUp(host, entries.has(host));
      const freshUntil = options.now() + (site === undefined ? UNKNOWN_MS : KNOWN_MS);
      entries.set(host, { site, freshUntil });
      pausedUntil = 0;
      return site;
    } catch (error) {
      if (pausedUntil === 0) options.onFailure?.(error);
      pausedUntil = options.now() + PAUSE_MS;
      return entries.get(host)?.site;
    } finally {
      underWay.delete(host);
    }
  }

  function askOnce(host: string): Promise<Site | undefined> {
    const running = underWay.get(host);
    if (running !== undefined) return running;
    const asked = ask(host);
    underWay.set(host, asked);
    return asked;
  }

  return {
    known: (host) => entries.get(host)?.site,
    async find(host) {
      const entry = entries.get(host);
      const now = options.now();
      if (entry !== undefined && now < entry.freshUntil) return entry.site;
      if (now < pausedUntil) return entry?.site;
      return askOnce(host);
    },
  };
}

/** The RFC 6454 origin of a host of a site that has named none: scheme and port as the public URL's. */
export function originOfHost(host: string, publicUrl: string): string {
  const url = new URL(publicUrl);
  url.hostname = host;
  return url.origin;
}
