import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ForgedRequest } from './forgeries/forgery.ts';

/** What the service said. */
export interface Answer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export type Send = (request: ForgedRequest) => Promise<Answer>;

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 1024 * 1024;

/** Sends to any service, in any language: a guarded GET route. Uses node:http, which sends headers as they are. */
export function overHttp(url: string | URL): Send {
  return ({ headers, query }) => {
    const target = new URL(url);
    for (const [name, value] of Object.entries(query ?? {})) target.searchParams.set(name, value);
    const start = target.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = start(target, { headers: grouped(headers), timeout: TIMEOUT_MS, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_BODY_BYTES) chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('the service does not answer')));
      outgoing.on('error', reject);
      outgoing.end();
    });
  };
}

/** The part of a Fastify instance that is needed here. */
export interface Injectable {
  inject(options: {
    method: 'GET';
    url: string;
    headers: Record<string, string | string[]>;
    query: Record<string, string>;
  }): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>;
}

/** Sends to a guarded GET route of a Fastify app in this process, without a socket. */
export function inProcess(app: Injectable, url: string): Send {
  return async ({ headers, query }) => {
    const answer = await app.inject({ method: 'GET', url, headers: grouped(headers), query: { ...query } });
    return { status: answer.statusCode, headers: answer.headers as Answer['headers'], body: answer.body };
  };
}

/** Repeated headers become lists, which both node:http and inject send one by one. */
function grouped(headers: ForgedRequest['headers']): Record<string, string | string[]> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of headers) lists.set(name, [...(lists.get(name) ?? []), value]);
  return Object.fromEntries(
    [...lists].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
