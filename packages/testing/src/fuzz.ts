import fc from 'fast-check';
import type { FuzzedRequest, Target } from './fuzz-targets.ts';
import { anyHostileText, deepTexts, oddTexts } from './hostile-texts.ts';
import type { Answer } from './senders.ts';

/** Longest refusal, in characters; a page shows again what was filled in. */
const MAX_REFUSAL = 16_384;
const MAX_PAGE = 65_536;

/** What is wrong with an answer to a hostile request; undefined if nothing is. */
export function faultOf({ status, headers, body }: Answer): string | undefined {
  if (status < 200 || status >= 500) return `status ${status}: ${body.slice(0, 300)}`;
  if (/node_modules|\bat .{1,200}\.(?:ts|js):\d+/.test(body)) return `tells of its code: ${body.slice(0, 300)}`;
  if (status < 400) return undefined;
  const type = String(headers['content-type'] ?? '');
  const isPage = type.startsWith('text/html');
  if (body.length > (isPage ? MAX_PAGE : MAX_REFUSAL)) return `a refusal of ${body.length} characters`;
  if (isPage) return undefined;
  const { code, error, errors } = parsed(body);
  if (type.startsWith('application/problem+json') && typeof code === 'string') return undefined;
  const isOAuth = typeof error === 'string';
  const isGraphql = Array.isArray(errors) && errors.every((one) => typeof one?.extensions?.code === 'string');
  return type.startsWith('application/json') && (isOAuth || isGraphql)
    ? undefined
    : `no problem document: ${type} ${body.slice(0, 300)}`;
}

function parsed(body: string): { code?: unknown; error?: unknown; errors?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

/** Odd texts go to every so many targets, taking turns: many targets are read by the same parser. */
const TURNS = 3;

/** Sends hostile texts to all targets, and made-up ones to any. Gives what was answered wrongly. */
export async function fuzz(
  targets: readonly Target[],
  send: (request: FuzzedRequest) => Promise<Answer>,
  { runs = 200, atOnce = 8 }: { runs?: number; atOnce?: number } = {},
): Promise<{ sent: number; faults: string[] }> {
  const known = targets.flatMap((target, index) =>
    [...deepTexts, ...oddTexts.filter((_, turn) => turn % TURNS === index % TURNS)].map((text) => ({ target, text })),
  );
  const madeUp = fc.sample(fc.record({ target: fc.constantFrom(...targets), text: anyHostileText }), runs);
  const cases = [...known, ...madeUp].values();
  const faults: string[] = [];
  async function work(): Promise<void> {
    for (const { target, text } of cases) {
      const fault = faultOf(await send(target.request(text)));
      if (fault !== undefined) faults.push(`${target.name} ${JSON.stringify(text).slice(0, 200)} → ${fault}`);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return { sent: known.length + runs, faults };
}

/** The part of a Fastify instance that is needed here. */
interface Injectable {
  inject(options: {
    method: 'GET';
    url: string;
    headers: Record<string, string>;
    payload?: string;
  }): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>;
}

/** Sends to a Fastify app in this process, without a socket; `headers` come on top. */
export function inProcessRequest(app: Injectable, headers: Readonly<Record<string, string>> = {}) {
  return async (request: FuzzedRequest): Promise<Answer> => {
    const answer = await app.inject({
      method: request.method as 'GET',
      url: request.url,
      headers: { ...headers, ...request.headers },
      ...(request.body !== undefined && { payload: request.body }),
    });
    return { status: answer.statusCode, headers: answer.headers as Answer['headers'], body: answer.body };
  };
}
