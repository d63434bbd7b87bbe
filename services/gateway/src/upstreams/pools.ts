import { isShared, type LookUp } from './addresses.ts';
import { openBackend, type ServiceBackend } from './backend.ts';
import { probe } from './probe.ts';
import { createReplica, type Replica } from './replica.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { startWatch } from './watch.ts';

export type UpstreamName = 'auth' | 'cms' | 'assets' | 'search';

export const upstreamNames: readonly UpstreamName[] = Object.freeze(['auth', 'cms', 'assets', 'search']);

/** One address of each service, for what the gateway asks for itself. */
export type UpstreamUrls = Readonly<Record<UpstreamName, string>>;

export interface PoolOptions {
  /** To one replica. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How long a service that has said that it ends is waited for. */
  readonly restartWaitMs: number;
  readonly lookUp: LookUp;
  readonly now: () => number;
}

export interface Upstreams {
  readonly replicas: Readonly<Record<UpstreamName, Replicas<ServiceBackend>>>;
  /** Ends all connections; open answers are cut off. */
  close(): Promise<void>;
}

/** A name can stand for other addresses at any time: replicas come and go. */
const LOOK_UP_EVERY_MS = 1_000;

interface Place {
  readonly origin: URL;
  readonly address: string | undefined;
  readonly replica: Replica<ServiceBackend>;
}

/**
 * The replicas of all services: one for each URL, or for each address that a URL's host name has at the time. Where a
 * name cannot be resolved, the addresses it had stay in use.
 */
export function openUpstreams(
  urls: Readonly<Record<UpstreamName, readonly string[]>>,
  options: PoolOptions,
): Upstreams {
  const { now } = options;
  /** Those that are no replica any more stay in it until what is under way with them is through. */
  const opened = new Map<ServiceBackend, Place>();
  const services = upstreamNames.map((name) => {
    const places = urls[name].map((url) => open(new URL(url), undefined));
    return { places, replicas: createReplicas(replicasOf(places), now) };
  });

  const watch = startWatch<ServiceBackend>({
    replicas: () => [...opened.values()].map(({ replica }) => replica),
    probe: async (subject, timeoutMs) => {
      const place = opened.get(subject);
      return place === undefined ? 'silent' : await probe(place, timeoutMs);
    },
    onRevived: (revived) => {
      for (const { replicas } of services) if (replicas.all().includes(revived)) replicas.recovered();
    },
  });

  function open(origin: URL, address: string | undefined): Place {
    const backend: ServiceBackend = openBackend({
      ...options,
      origin,
      address,
      tick: () => watch.tick(),
      onFarewell() {
        if (replica.isLeaving()) return;
        replica.leaving();
        backend.retireIdle();
        void watch.ask(replica);
      },
    });
    const replica = createReplica(backend, {
      now,
      restartWaitMs: options.restartWaitMs,
      onLost: () => void watch.ask(replica),
    });
    const place = { origin, address, replica };
    opened.set(backend, place);
    return place;
  }

  async function resolve(service: (typeof services)[number]): Promise<void> {
    const found = await Promise.all(
      [...new Set(service.places.map(({ origin }) => origin))].map(async (origin) => {
        const known = service.places.filter((place) => place.origin === origin);
        if (!isShared(origin)) return known;
        const addresses = await options.lookUp(origin.hostname).catch(() => []);
        if (addresses.length === 0) return known;
        return addresses.map((address) => known.find((place) => place.address === address) ?? open(origin, address));
      }),
    );
    const places = found.flat();
    if (places.length === service.places.length && places.every((place) => service.places.includes(place))) return;
    const gone = service.places.filter((place) => !places.includes(place));
    service.places = places;
    service.replicas.replace(replicasOf(places));
    for (const { replica } of gone) void replica.subject.close().then(() => opened.delete(replica.subject));
  }

  let resolving = false;
  async function resolveAll(): Promise<void> {
    if (resolving) return;
    resolving = true;
    await Promise.all(services.map(resolve));
    resolving = false;
  }

  const hasNames = services.some(({ places }) => places.some(({ origin }) => isShared(origin)));
  const timer = hasNames ? setInterval(() => void resolveAll(), LOOK_UP_EVERY_MS).unref() : undefined;
  if (hasNames) void resolveAll();

  const [auth, cms, assets, search] = services.map(({ replicas }) => replicas) as [Service, Service, Service, Service];
  return {
    replicas: { auth, cms, assets, search },
    close: async () => {
      clearInterval(timer);
      watch.stop();
      await Promise.all([...opened.keys()].map((backend) => backend.destroy()));
    },
  };
}

type Service = Replicas<ServiceBackend>;

function replicasOf(places: readonly Place[]): Replica<ServiceBackend>[] {
  return places.map(({ replica }) => replica);
}
