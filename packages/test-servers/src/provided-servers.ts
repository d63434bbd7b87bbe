/** Addresses of the servers of a test run, handed from the global setup to the tests. Plain data: it crosses processes. */
interface ProvidedServers {
  readonly postgresUrl: string;
  readonly redis: { readonly url: string } | { readonly unavailable: string };
  /** For the contract suites, where a Docker engine answers: the real thing. */
  readonly containers?: {
    readonly postgresUrl: string;
    readonly redisUrl: string;
    readonly postgres: string;
    readonly redis: string;
  };
}

declare module 'vitest' {
  export interface ProvidedContext {
    gaiaServers: ProvidedServers;
  }
}
