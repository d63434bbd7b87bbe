import { describe, expect, it } from 'vitest';
import { type Identity, whoAmI } from '../src/identity.ts';
import { tokenPurposes } from '../src/purposes.ts';
import { administratorScopes, type Scope, scopes, siteRoles } from '../src/scopes.ts';

describe('purposes', () => {
  it('have each a type of their own', () => {
    const types = Object.values(tokenPurposes).map((purpose) => purpose.typ);
    expect(new Set(types).size).toBe(types.length);
  });

  it('that others than their maker verify are signed with a key pair', () => {
    const symmetric = Object.entries(tokenPurposes).filter(([, purpose]) => purpose.algorithms[0] === 'HS256');
    expect(symmetric.map(([name]) => name)).toEqual(['refresh', 'invitation', 'fileDownload', 'webhook']);
  });
});

describe('roles', () => {
  const ladder = ['member', 'author', 'editor', 'admin', 'owner'] as const;

  it.each(ladder.slice(1).map((role, index) => [role, ladder[index] ?? 'member'] as const))(
    '%s may do all that %s may, and more',
    (role, weaker) => {
      expect(siteRoles[role]).toEqual(expect.arrayContaining([...siteRoles[weaker]]));
      expect(siteRoles[role].length).toBeGreaterThan(siteRoles[weaker].length);
    },
  );

  it.each([
    ['member', 'content:write'],
    ['author', 'content:edit'],
    ['author', 'content:publish'],
    ['editor', 'types:manage'],
    ['editor', 'users:manage'],
    ['admin', 'site:delete'],
    ['owner', 'sites:manage'],
    ['owner', 'keys:manage'],
    ['owner', 'tokens:mint'],
    ['owner', 'feed:read'],
  ] as const)('%s may not %s', (role, scope: Scope) => {
    expect(siteRoles[role]).not.toContain(scope);
  });

  it('name only permissions that there are, each once', () => {
    for (const list of [...Object.values(siteRoles), administratorScopes]) {
      expect(new Set(list).size).toBe(list.length);
      expect(Object.keys(scopes)).toEqual(expect.arrayContaining([...list]));
    }
  });
});

describe('whoAmI', () => {
  const identity: Identity = {
    issuer: 'http://localhost:8080',
    subject: 'u1',
    audience: ['gaia'],
    clientId: 'gaia',
    sessionId: undefined,
    tokenId: 't1',
    keyId: 'k1',
    site: undefined,
    roles: [],
    scopes: ['content:read', 'assets:read'],
    issuedAt: 1,
    expiresAt: 2,
    authTime: undefined,
    amr: [],
    actor: undefined,
    actorSessionIds: [],
  };

  it('leaves out what a token does not say', () => {
    expect(whoAmI(identity)).toEqual({
      iss: 'http://localhost:8080',
      sub: 'u1',
      aud: ['gaia'],
      client_id: 'gaia',
      jti: 't1',
      iat: 1,
      exp: 2,
      roles: [],
      scope: 'content:read assets:read',
    });
  });

  it('says the rest in the names of the wire', () => {
    const full = { ...identity, sessionId: 's1', site: 'a.example', authTime: 3, amr: ['pwd'], actor: 'svc' };
    expect(whoAmI(full)).toMatchObject({
      sid: 's1',
      site: 'a.example',
      auth_time: 3,
      amr: ['pwd'],
      act: { sub: 'svc' },
    });
  });
});
