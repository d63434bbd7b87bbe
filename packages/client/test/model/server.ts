import { createMemoryState } from '@gaia/state/memory';
import type { Rotation, State } from '@gaia/state/state';
import type { World } from './world.ts';

export interface ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ServerResponse {
  readonly status: number;
  readonly date: number;
  readonly body: unknown;
}

/** The part of auth and of a service that a session touches, on the real transition of a refresh family. */
export interface Server {
  answer(request: ServerRequest): Promise<ServerResponse>;
  /** A refresh by somebody else. */
  refreshAs(sequence: number, key: string | undefined): Promise<Rotation['outcome']>;
  /** Sequence of the current refresh token; undefined when the session has ended. */
  current(): Promise<number | undefined>;
  /** How many sessions the user has. */
  sessions(): Promise<number>;
  readonly logins: number;
  readonly state: State;
}

export const ACCESS_TOKEN_MS = 900_000;
const IDLE_MS = 7 * 86_400_000;
const SUBJECT = 'ann';
const user = { id: SUBJECT, email: 'ann@example.org', username: null, name: null, administrator: false };

export function createServer(world: World, graceMs: number): Server {
  const state = createMemoryState({ now: world.now });
  const { families } = state;
  let logins = 0;
  let issued = 0;
  const accessTokens = new Map<string, { readonly sid: string; readonly endsAt: number }>();

  const respond = (status: number, body: unknown): ServerResponse => ({ status, date: world.now(), body });
  const refuse = (code: string, cause?: string) => respond(401, { title: code, code, cause });

  function tokensOf(sid: string, sequence: number) {
    issued += 1;
    const accessToken = `access-${issued}`;
    accessTokens.set(accessToken, { sid, endsAt: world.now() + ACCESS_TOKEN_MS });
    return respond(200, {
      access_token: accessToken,
      expires_in: ACCESS_TOKEN_MS / 1_000,
      refresh_token: `${sid} ${sequence}`,
      session_expires_in: 30 * 86_400,
      scope: '',
      user,
    });
  }

  async function login() {
    logins += 1;
    const sid = `session-${logins}`;
    const now = world.now();
    const times = { createdAt: now, rotatedAt: now, absoluteEnd: now + 30 * 86_400_000 };
    const family = {
      sid,
      sub: SUBJECT,
      site: undefined,
      clientId: 'gaia',
      amr: [],
      userAgent: '',
      address: '',
      sequence: 1,
    };
    await families.create({ ...family, ...times }, IDLE_MS, now);
    return tokensOf(sid, 1);
  }

  const rotate = (sid: string, sequence: number, key: string | undefined) =>
    families.rotate({
      sid,
      sequence,
      keyDigest: key === undefined ? undefined : `${sequence} ${key}`,
      graceMs,
      idleMs: IDLE_MS,
      now: world.now(),
    });

  async function refresh(refreshToken: string, key: string | undefined) {
    const [sid = '', sequence] = refreshToken.split(' ');
    const rotation = await rotate(sid, Number(sequence), key);
    if (rotation.outcome === 'superseded') return refuse('token_invalid', 'superseded');
    if (rotation.outcome === 'reused') return refuse('token_revoked', 'reuse_detected');
    if (rotation.outcome === 'ended') return refuse('token_revoked', 'session_ended');
    return tokensOf(sid, rotation.family.sequence);
  }

  return {
    state,
    get logins() {
      return logins;
    },
    async answer({ path, headers, json }) {
      if (path === '/auth/login') return login();
      if (path === '/auth/refresh') return refresh(String(json.refresh_token), headers['idempotency-key']);
      const token = accessTokens.get(headers.authorization?.replace('Bearer ', '') ?? '');
      if (token === undefined) return refuse('token_missing');
      if (world.now() >= token.endsAt) return refuse('token_expired');
      if ((await families.get(token.sid, world.now())) === undefined) return refuse('token_revoked', 'session_ended');
      return respond(200, user);
    },
    refreshAs: async (sequence, key) => (await rotate('session-1', sequence, key)).outcome,
    current: async () => (await families.get('session-1', world.now()))?.sequence,
    sessions: async () => (await families.listBySubject(SUBJECT, world.now())).length,
  };
}
