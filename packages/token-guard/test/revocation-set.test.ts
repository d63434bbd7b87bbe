import type { Revocation } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRevocationSet, revocationExpiry } from '../src/revocation-set.ts';

const NOW = 1_800_000_000_000;
const seconds = NOW / 1_000;
const caller: Identity = Object.freeze({
  issuer: 'i',
  subject: 'user',
  audience: ['gaia'],
  clientId: 'gaia',
  sessionId: 'session',
  tokenId: 'token',
  keyId: 'key',
  site: 'site-a.localhost',
  roles: [],
  scopes: [],
  issuedAt: seconds,
  expiresAt: seconds + 900,
  authTime: undefined,
  amr: [],
  actor: 'service',
  actorSessionIds: ['acting', 'acting-before'],
});

function holding(...activeRevocations: Revocation[]) {
  const held = createRevocationSet(100, () => NOW);
  for (const [index, revocation] of activeRevocations.entries())
    held.add({ sequence: index + 1, revocation, expiresAt: NOW + 1_000 });
  return held;
}

describe('a revocation refuses what it names, and nothing else', () => {
  it.each<readonly [Revocation, string | undefined]>([
    [{ kind: 'sid', id: 'session' }, 'session_ended'],
    [{ kind: 'sid', id: 'another' }, undefined],
    [{ kind: 'sid', id: 'acting' }, 'actor_session_ended'],
    [{ kind: 'sid', id: 'acting-before' }, 'actor_session_ended'],
    [{ kind: 'sid', id: 'service' }, undefined],
    [{ kind: 'sid', id: 'user' }, undefined],
    [{ kind: 'jti', id: 'token' }, 'token_revoked'],
    [{ kind: 'jti', id: 'session' }, undefined],
    [{ kind: 'kid', id: 'key' }, 'key_revoked'],
    [{ kind: 'kid', id: 'another' }, undefined],
    [{ kind: 'sub', id: 'user', notBefore: seconds + 1 }, 'subject_not_before'],
    [{ kind: 'sub', id: 'user', notBefore: seconds }, undefined],
    [{ kind: 'sub', id: 'another', notBefore: seconds + 1 }, undefined],
    [{ kind: 'all', notBefore: seconds + 1 }, 'all_not_before'],
    [{ kind: 'all', notBefore: seconds }, undefined],
  ])('%j: %s', (revocation, expected) => {
    expect(holding(revocation).reasonToRefuse(caller)).toBe(expected);
  });

  it('also for callers without a session', () => {
    const service = { ...caller, sessionId: undefined };
    expect(holding({ kind: 'sid', id: 'undefined' }).reasonToRefuse(service)).toBeUndefined();
    expect(holding({ kind: 'jti', id: 'token' }).reasonToRefuse(service)).toBe('token_revoked');
  });
});

describe('a revocation that is known', () => {
  it.each([[[10, 20]], [[20, 10]]])('of a user is never weakened by another: %j', (times) => {
    const held = holding(...times.map((time) => ({ kind: 'sub', id: 'user', notBefore: time }) as const));
    expect(held.reasonToRefuse({ ...caller, issuedAt: 19 })).toBe('subject_not_before');
    expect(held.reasonToRefuse({ ...caller, issuedAt: 20 })).toBeUndefined();
  });

  it.each(['sid', 'jti', 'kid', 'sub', 'all'] as const)('of kind %s is kept to the later of two ends', (kind) => {
    const id = { sid: 'session', jti: 'token', kid: 'key', sub: 'user', all: '' }[kind];
    const revocation = { kind, id, notBefore: seconds + 1 } as Revocation;
    const held = createRevocationSet(100, () => NOW);
    held.add({ sequence: 1, revocation, expiresAt: NOW + 2_000 });
    held.add({ sequence: 2, revocation, expiresAt: NOW + 1_000 });
    held.prune(NOW + 1_999);
    expect(held.reasonToRefuse(caller)).toBeDefined();
    held.prune(NOW + 2_000);
    expect(held.reasonToRefuse(caller)).toBeUndefined();
    expect(held.size()).toBe(0);
  });
});

describe('the memory of revocations', () => {
  it('is bounded, and refuses more rather than less beyond', () => {
    const held = createRevocationSet(10, () => NOW);
    held.add({ sequence: 1, revocation: { kind: 'kid', id: 'stolen' }, expiresAt: NOW + 5_000 });
    held.add({
      sequence: 2,
      revocation: { kind: 'sub', id: 'user', notBefore: seconds + 100 },
      expiresAt: NOW + 9_000,
    });
    for (let count = 0; count < 50; count += 1) {
      held.add({
        sequence: count + 3,
        revocation: { kind: count % 2 ? 'sid' : 'jti', id: `x${count}` },
        expiresAt: NOW + 1_000,
      });
      expect(held.size()).toBeLessThanOrEqual(11);
    }
    expect(held.reasonToRefuse({ ...caller, subject: 'another' })).toBe('all_not_before');
    expect(held.reasonToRefuse({ ...caller, issuedAt: seconds + 99 })).toBe('all_not_before');
    expect(held.reasonToRefuse({ ...caller, issuedAt: seconds + 100, keyId: 'stolen' })).toBe('key_revoked');
    expect(held.reasonToRefuse({ ...caller, issuedAt: seconds + 100 })).toBeUndefined();
    held.prune(NOW + 8_999);
    expect(held.reasonToRefuse(caller)).toBe('all_not_before');
    held.prune(NOW + 9_000);
    expect(held.reasonToRefuse(caller)).toBeUndefined();
  });

  it('melts users as well, and refuses what a clock that is ahead has issued', () => {
    const held = createRevocationSet(10, () => NOW - 1);
    for (let count = 0; count < 11; count += 1) {
      held.add({ sequence: count + 1, revocation: { kind: 'sub', id: `u${count}`, notBefore: 1 }, expiresAt: NOW });
    }
    expect(held.size()).toBe(0);
    expect(held.reasonToRefuse({ ...caller, issuedAt: seconds + 29 })).toBe('all_not_before');
    expect(held.reasonToRefuse({ ...caller, issuedAt: seconds + 30 })).toBeUndefined();
  });

  it('is counted', () => {
    const held = holding(
      { kind: 'sid', id: 'a' },
      { kind: 'jti', id: 'a' },
      { kind: 'kid', id: 'a' },
      { kind: 'sub', id: 'a', notBefore: 1 },
      { kind: 'sid', id: 'a' },
      { kind: 'all', notBefore: 1 },
    );
    expect(held.size()).toBe(4);
  });

  it('never accepts a revoked token, also beyond the limit', () => {
    const anyRevocation = fc.oneof(
      fc.record({
        kind: fc.constantFrom('sid' as const, 'jti' as const),
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      }),
      fc.record({
        kind: fc.constant('sub' as const),
        id: fc.constantFrom('a', 'b', 'c'),
        notBefore: fc.integer({ min: seconds - 9, max: seconds + 9 }),
      }),
      fc.record({ kind: fc.constant('all' as const), notBefore: fc.integer({ min: seconds - 9, max: seconds - 5 }) }),
    );
    const anyCaller = fc.record({
      sessionId: fc.constantFrom('a', 'c', undefined),
      tokenId: fc.constantFrom('a', 'd'),
      subject: fc.constantFrom('a', 'b'),
      issuedAt: fc.integer({ min: seconds - 10, max: seconds + 10 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyRevocation, { maxLength: 20 }),
        anyCaller,
        fc.integer({ min: 1, max: 30 }),
        (activeRevocations, parts, limit) => {
          const held = createRevocationSet(limit, () => NOW);
          const token = { ...caller, ...parts };
          let revoked = false;
          for (const [index, revocation] of activeRevocations.entries()) {
            held.add({ sequence: index + 1, revocation, expiresAt: NOW + 1_000 });
            revoked ||= holding(revocation).reasonToRefuse(token) !== undefined;
            if (revoked) expect(held.reasonToRefuse(token)).toBeDefined();
            else if (index < limit) expect(held.reasonToRefuse(token)).toBeUndefined();
          }
        },
      ),
    );
  });
});

describe('the end of a revocation', () => {
  const limits = { longestTokenSeconds: 900, keysMaxStaleSeconds: 86_400 };
  it.each<readonly [Revocation, number]>([
    [{ kind: 'sid', id: 'a' }, 960],
    [{ kind: 'jti', id: 'a' }, 960],
    [{ kind: 'sub', id: 'a', notBefore: 1 }, 960],
    [{ kind: 'all', notBefore: 1 }, 960],
    [{ kind: 'kid', id: 'a' }, 87_360],
  ])('%j lives %i seconds', (revocation, expected) => {
    expect(revocationExpiry(revocation, NOW, limits)).toBe(NOW + expected * 1_000);
  });

  it('is a whole number of milliseconds', () => {
    expect(revocationExpiry({ kind: 'sid', id: 'a' }, NOW + 0.5, limits)).toBe(NOW + 960_001);
  });
});
