import type { Dispatcher } from 'undici';
import { isShared, type LookUp } from './addresses.ts';
import { openConnections } from './connections.ts';
import { createConnector } from './connector.ts';
import { startHealthCheck } from './health-check.ts';
import { checkLiveness, type Verdict } from './liveness.ts';
import { createPendingRequests } from './pending-requests.ts';
import { createReplica, type Replica } from './replica.ts';
import { createReplicas } from './replicas.ts';
import { ServiceDispatcher, type Upstream } from './service-dispatcher.ts';

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
  /** How long requests are held for a service that has announced its shutdown. */
  readonly restartWaitMs: number;
  readonly lookUp: LookUp;
  readonly now: () => number;
}

export interface Upstreams {
  readonly dispatchers: Readonly<Record<UpstreamName, Dispatcher>>;
  /** Ends all connections; open responses are cut off. */
  close(): Promise<void>;
}

/** A name can stand for other addresses at any time: replicas come and go. */
const LOOK_UP_EVERY_MS = 1_000;

interface Place {
  readonly origin: URL;
  readonly address: string | undefined;
  readonly replica: Replica<CheckedUpstream>;
}

interface CheckedUpstream extends Upstream {
  checkLiveness(timeoutMs: number): Promise<Verdict>;
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
  const opened = new Set<Replica<CheckedUpstream>>();
  const services = upstreamNames.map((name) => {
    const places = urls[name].map((url) => open(new URL(url), undefined));
    return { places, replicas: createReplicas<Upstream>(replicasOf(places), now) };
  });

  const healthCheck = startHealthCheck<CheckedUpstream>({
    replicas: () => opened,
    checkLiveness: (upstream, timeoutMs) => upstream.checkLiveness(timeoutMs),
    onRecovered: (recovered) => {
      for (const { replicas } of services) if (replicas.all().includes(recovered)) replicas.recovered();
    },
  });

  function open(origin: URL, address: string | undefined): Place {
    const connect = createConnector({ timeoutMs: options.connectTimeoutMs, address });
    const connections = openConnections({ ...options, origin, connect });
    const upstream: CheckedUpstream = {
      ...createPendingRequests(() => healthCheck.tick()),
      connections,
      announcedShutdown() {
        if (replica.isDraining()) return;
        replica.announcedShutdown();
        connections.closeIdle();
        void healthCheck.check(replica);
      },
      checkLiveness: (timeoutMs) => checkLiveness(origin, connect, timeoutMs),
    };
    const replica = createReplica(upstream, {
      now,
      restartWaitMs: options.restartWaitMs,
      onUnavailable: () => void healthCheck.check(replica),
    });
    opened.add(replica);
    return { origin, address, replica };
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
    const removed = service.places.filter((place) => !places.includes(place));
    service.places = places;
    service.replicas.replace(replicasOf(places));
    for (const { replica } of removed) void replica.subject.connections.close().then(() => opened.delete(replica));
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

  const dispatchers = services.map(({ replicas }) => new ServiceDispatcher(replicas));
  const dispatcherOf = (name: UpstreamName): Dispatcher => dispatchers[upstreamNames.indexOf(name)] as Dispatcher;
  return {
    dispatchers: {
      auth: dispatcherOf('auth'),
      cms: dispatcherOf('cms'),
      assets: dispatcherOf('assets'),
      search: dispatcherOf('search'),
    },
    close: async () => {
      clearInterval(timer);
      healthCheck.stop();
      await Promise.all([...opened].map(({ subject }) => subject.connections.destroy()));
    },
  };
}

function replicasOf(places: readonly Place[]): Replica<CheckedUpstream>[] {
  return places.map(({ replica }) => replica);
}
