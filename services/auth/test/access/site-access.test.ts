import { describe, expect, it } from 'vitest';
import { scopesOf, sessionAccess, siteAccess } from '../../src/access/site-access.ts';
import { requireHolds, requireUserManager } from '../../src/permissions/permissions.ts';

const site = 'site-a.localhost';

describe('siteAccess', () => {
  it('gives members what their roles say, together', () => {
    expect(siteAccess({ administrator: false, site, roles: ['member'] })).toEqual({
      site,
      roles: ['member'],
      scopes: ['content:read', 'assets:read'],
    });
    const both = siteAccess({ administrator: false, site, roles: ['author', 'admin'] })?.scopes ?? [];
    expect(new Set(both).size).toBe(both.length);
    expect(both).toContain('users:manage');
    expect(both).not.toContain('sites:manage');
  });

  it('gives nothing to who is no member, or where there is no site', () => {
    expect(siteAccess({ administrator: false, site, roles: undefined })).toBeUndefined();
    expect(siteAccess({ administrator: false, site: undefined, roles: ['owner'] })).toBeUndefined();
  });

  it('leaves a session without a site the account alone, and one for a site nothing', () => {
    const nobody = { administrator: false, site: undefined, roles: undefined };
    expect(sessionAccess(nobody, undefined)).toEqual({ site: undefined, roles: [], scopes: [], audience: 'auth' });
    expect(sessionAccess(nobody, site)).toBeUndefined();
    expect(sessionAccess({ ...nobody, site }, site)).toBeUndefined();
    expect(sessionAccess({ ...nobody, site, roles: ['member'] }, site)).not.toHaveProperty('audience');
    expect(sessionAccess({ ...nobody, administrator: true }, undefined)?.roles).toEqual(['administrator']);
  });

  it('makes administrators owners of any site, and nobody’s without one', () => {
    const on = siteAccess({ administrator: true, site, roles: ['member'] });
    expect(on?.roles).toEqual(['owner', 'administrator']);
    expect(on?.scopes).toEqual(expect.arrayContaining(['site:delete', 'sites:manage', 'keys:manage']));
    expect(siteAccess({ administrator: true, site: undefined, roles: undefined })).toEqual({
      site: undefined,
      roles: ['administrator'],
      scopes: ['sites:manage', 'keys:manage', 'tokens:mint', 'clients:manage', 'search:manage'],
    });
  });

  it('takes no names of Object for roles', () => {
    expect(scopesOf(['toString', '__proto__', 'constructor', 'administrator'])).toEqual([]);
  });
});

describe('managers', () => {
  const manager = { subject: 'u', site, roles: ['admin'], scopes: ['users:manage'] };
  const administrator = { subject: 'u', site: undefined, roles: ['administrator'], scopes: ['sites:manage'] };

  it.each([
    [manager, site, undefined],
    [manager, 'site-b.localhost', 'forbidden'],
    [{ ...manager, scopes: ['content:read'] }, site, 'insufficient_scope'],
    [administrator, site, undefined],
  ])('%j on %s: %s', (caller, where, code) => {
    if (code === undefined) expect(() => requireUserManager(caller, where)).not.toThrow();
    else expect(() => requireUserManager(caller, where)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    [manager, ['users:manage'], true],
    [manager, ['users:manage', 'site:delete'], false],
    [manager, [], true],
    [{ ...manager, scopes: [] }, ['users:manage'], false],
    [administrator, ['site:delete'], true],
  ])('%j may give %j: %s', (caller, permissions, allowed) => {
    const attempt = expect(() => requireHolds(caller, permissions));
    if (allowed) attempt.not.toThrow();
    else attempt.toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});
