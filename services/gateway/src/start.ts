import { randomBytes, randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { createJwksCache } from '@gaia/jwks-cache';
import { openState } from '@gaia/state/open';
import type { State } from '@gaia/state/state';
import { registerKeyMetrics, registerRevocationMetrics } from '@gaia/token-guard/metrics';
import { createRevocations } from '@gaia/token-guard/revocations';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { openMetricsListener } from './metrics/metrics.ts';
import { lookUpAll } from './upstreams/addresses.ts';
import { openUpstreams, type UpstreamUrls } from './upstreams/pools.ts';
import { createServiceFetch } from './upstreams/service-fetch.ts';

export interface StartDeps {
  readonly logger: Logger;
  /** Shared state of a suite in one process; opened from the configuration, and closed with the app, if not given. */
  readonly state?: State;
  readonly now?: () => number;
}

/** Opens what the gateway needs and builds it; closing the app closes all of it, save a state that was given. */
export async function start(config: Config, deps: StartDeps): Promise<Service> {
  const { logger, now = Date.now } = deps;
  const replicas = { auth: config.AUTH_URL, cms: config.CMS_URL, assets: config.ASSETS_URL, search: config.SEARCH_URL };
  const first = (list: readonly string[]): string => list[0] ?? '';
  const urls: UpstreamUrls = {
    auth: first(replicas.auth),
    cms: first(replicas.cms),
    assets: first(replicas.assets),
    search: first(replicas.search),
  };
  const upstreams = openUpstreams(replicas, {
    now,
    lookUp: lookUpAll,
    connections: config.UPSTREAM_CONNECTIONS,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    restartWaitMs: config.UPSTREAM_RESTART_WAIT_MS,
  });
  const fetch = createServiceFetch(urls, upstreams);
  const state = deps.state ?? openState({ redisUrl: config.REDIS_URL, now, log: logger });
  if (deps.state === undefined && config.REDIS_URL === undefined) {
    logger.warn('without REDIS_URL, sessions and rates are those of this process alone');
  }
  const metrics = new Registry();
  const revocations = createRevocations({ feed: state.revocations, now, log: logger });
  const keys = createJwksCache({
    url: `${urls.auth}/.well-known/jwks.json`,
    maxStaleMs: config.JWKS_MAX_STALE_SECONDS * 1_000,
    fetch,
    now,
    log: logger,
  });
  let metricsListener: Server | undefined;
  const close = async (): Promise<void> => {
    metricsListener?.close();
    metricsListener?.closeAllConnections();
    keys.close();
    await Promise.all([revocations.close(), upstreams.close()]);
    if (deps.state === undefined) await state.close();
  };
  try {
    // Before the first request: a session that was ended while this process was not there stays ended.
    await revocations.ready;
    registerRevocationMetrics(revocations, metrics);
    registerKeyMetrics(new Map([[config.GAIA_ISSUER, keys]]), metrics);
    if (config.METRICS_PORT !== 0) {
      collectDefaultMetrics({ register: metrics });
      metricsListener = await openMetricsListener(metrics, config.METRICS_HOST, config.METRICS_PORT);
    }
    const app = await buildApp(config, {
      logger,
      metrics,
      state,
      revocations,
      keys,
      upstreams,
      urls,
      sessionSecret: config.GATEWAY_SESSION_SECRET ?? randomBytes(32).toString('base64url'),
      fetch,
      now,
      randomBytes,
      uuid: randomUUID,
      sleep,
    });
    app.addHook('onClose', close);
    return app;
  } catch (error) {
    await close();
    throw error;
  }
}
