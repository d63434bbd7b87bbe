import { afterEach, beforeEach } from 'vitest';
import type { Family, State } from '../src/state.ts';

/** Two handles on one fresh backend, as two replicas hold them; of one process both are the same. */
export interface Opened {
  readonly state: State;
  readonly peer: State;
}

export type Open = () => Promise<Opened>;

/** Opens before and closes after each test of the block it stands in. */
export function useState(open: Open): () => Opened {
  let current: Opened | undefined;
  beforeEach(async () => {
    current = await open();
  });
  afterEach(async () => {
    await Promise.all([current?.state.close(), current?.peer.close()]);
  });
  return () => {
    if (!current) throw new Error('not opened');
    return current;
  };
}

export const DAY = 86_400_000;

/** A family that was created at `now`, as a login makes it. */
export function familyOf(sid: string, now: number, changes: Partial<Family> = {}): Family {
  return {
    sid,
    sub: `user of ${sid}`,
    site: 'site-a.localhost',
    clientId: 'gaia-web',
    amr: ['pwd', 'otp'],
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
    address: '203.0.113.7',
    createdAt: now,
    sequence: 1,
    rotatedAt: now,
    absoluteEnd: now + 30 * DAY,
    ...changes,
  };
}

/** Ids that could break the structure of a key, or meet in one. */
export const HOSTILE_IDS: readonly string[] = [
  '',
  ' ',
  'a b',
  'a:b',
  ':',
  '{revocations}',
  '}a{b}',
  'line\r\nSET x y\r\n',
  '\u0000',
  '*',
  'é',
  'e\u0301',
  '🦊',
  '\ud800',
  '\ud801',
  '\ufffd',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '~',
  'x'.repeat(4_096),
  `${'x'.repeat(4_095)}y`,
  'Case',
  'case',
];
