import { type ProxyRoute, routeTable } from '../proxy/route-table.ts';
import type { UpstreamName } from '../upstreams/pools.ts';

/** By which route the gateway leads a path (of an OpenAPI document) on to the service. */
export function publicRoute(upstream: UpstreamName, path: string): ProxyRoute | undefined {
  return routeTable.find((route) => {
    if (route.upstream !== upstream || route.forwardAs !== undefined) return false;
    return route.url.endsWith('*')
      ? path.startsWith(route.url.slice(0, -1))
      : withoutNames(path) === withoutNames(route.url);
  });
}

function withoutNames(path: string): string {
  return path.replace(/\{[^}]+\}|:\w+/g, ':');
}
