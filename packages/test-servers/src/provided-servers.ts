/** Addresses of the servers of a test run, handed from the global setup to the tests. Plain data: it crosses processes. */
interface ProvidedServers {
  readonly postgresUrl: string;
  readonly redis: { readonly url: string } | { readonly unavailable: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    gaiaServers: ProvidedServers;
  }
}
