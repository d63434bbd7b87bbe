import { setTimeout as sleep } from 'node:timers/promises';

/** One answer under load; status 0 is a connection that broke or an answer that did not come in time. */
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
  /** Undefined: there is nothing left to ask. */
  request(): { url: string; init?: RequestInit; acknowledged?: (body: string) => void } | undefined;
}

export interface Load {
  readonly samples: readonly Sample[];
  /** Ends it when all that is under way has been answered. */
  stop(): Promise<void>;
}

/** Longest wait for an answer, in milliseconds; well over what is asked of the suite. */
const PATIENCE_MS = 15_000;

/** Sends every probe at its own pace, whether or not earlier ones were answered, until stopped. */
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
      const answer = await fetch(request.url, { ...request.init, signal: AbortSignal.timeout(PATIENCE_MS) });
      const body = await answer.text();
      const code = answer.ok ? undefined : /"code":"([a-z_]+)"/.exec(body)?.[1];
      record(answer.status, code, answer.headers.has('retry-after'));
      if (answer.ok) request.acknowledged?.(body);
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
