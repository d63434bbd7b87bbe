import { setTimeout as sleep } from 'node:timers/promises';

/** One response under load; status 0 is a broken connection or a timeout. */
export interface Sample {
  readonly at: number;
  readonly kind: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: boolean;
  readonly ms: number;
}

export interface Probe {
  readonly kind: string;
  readonly everyMs: number;
  /** Undefined when there are no requests left. */
  request(): { url: string; init?: RequestInit; acknowledged?: (body: string) => void } | undefined;
}

export interface Load {
  readonly samples: readonly Sample[];
  /** Resolves when no request is in flight. */
  stop(): Promise<void>;
}

const RESPONSE_TIMEOUT_MS = 15_000;

/** Open-loop load: the interval of a probe does not depend on responses. */
export function startLoad(probes: readonly Probe[]): Load {
  const samples: Sample[] = [];
  const open = new Set<Promise<void>>();
  const ending = new AbortController();
  const send = async (probe: Probe) => {
    const request = probe.request();
    if (request === undefined) return;
    const at = Date.now();
    const record = (status: number, code?: string, retryAfter = false) => {
      samples.push({ at, kind: probe.kind, status, code, retryAfter, ms: Date.now() - at });
    };
    try {
      const response = await fetch(request.url, { ...request.init, signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
      const body = await response.text();
      const code = response.ok ? undefined : /"code":"([a-z_]+)"/.exec(body)?.[1];
      record(response.status, code, response.headers.has('retry-after'));
      if (response.ok) request.acknowledged?.(body);
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string } };
      record(0, cause?.code ?? name);
    }
  };
  const loops = probes.map(async (probe) => {
    while (!ending.signal.aborted) {
      const sent = send(probe).finally(() => open.delete(sent));
      open.add(sent);
      await sleep(probe.everyMs, undefined, { signal: ending.signal }).catch(() => {});
    }
  });
  return {
    samples,
    async stop() {
      ending.abort();
      await Promise.all([...loops, ...open]);
    },
  };
}
