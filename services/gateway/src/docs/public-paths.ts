import { routeTable } from '../proxy/route-table.ts';
import type { UpstreamName } from '../upstreams/pools.ts';

/** Whether the gateway leads a path (of an OpenAPI document) on to the service. */
export function isPublicPath(upstream: UpstreamName, path: string): boolean {
  return routeTable.some((route) => {
    if (route.upstream !== upstream || route.forwardAs !== undefined) return false;
    return route.url.endsWith('*') ? path.startsWith(route.url.slice(0, -1)) : path === route.url;
  });
}
