import { catalogueFaults } from '@gaia/i18n/catalogue';
import { describe, expect, it } from 'vitest';
import { texts } from '../../src/pages/texts/texts.ts';
import { openSites } from '../support/sites.ts';

const PAGES = [
  '/sign-in',
  '/register',
  '/forgot',
  '/reset?token=x',
  '/verify?token=x',
  '/invitation?token=x',
  '/email-change?token=x',
];

describe('every page', () => {
  it.each(PAGES)('%s is in the site’s name, has no script, and labels all its fields', async (path) => {
    const { visitor, a } = await openSites();
    const { status, headers, text } = await visitor().get(a + path);
    // A link to another address is for who is signed in.
    expect(status).toBe(path.startsWith('/email-change') ? 401 : 200);
    expect(text).toContain('The Alpine Journal');
    expect(text).not.toMatch(/<script|onclick|javascript:|https?:\/\/(?!site-|localhost)/i);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'$/,
    );
    expect(headers['cache-control']).toBe('no-store');
    const ids = [...text.matchAll(/<input id="([^"]+)"/g)].map(([, id]) => id);
    for (const id of ids) expect(text).toContain(`<label for="${id}"`);
    for (const [field] of text.matchAll(/<input[^>]* name="password"[^>]*>/g)) {
      expect(field).toMatch(/ type="password"/);
      expect(field).toMatch(/ autocomplete="(?:current|new)-password"/);
    }
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  it.each(['/reset', '/verify', '/invitation'])(
    '%s only asks what the link is for before a person clicks, and tells no other site of the token',
    async (path) => {
      const sites = await openSites();
      const answer = await sites.visitor().get(`${sites.a}${path}?token=secret`);
      expect(answer.headers['referrer-policy']).toBe('strict-origin');
      const asked = sites.auth.calls.map((call) => call.path).filter((one) => !/hosts|jwks/.test(one));
      expect(asked).toEqual([`/auth${path}/details`]);
    },
  );

  it('/email-change asks nothing for who is not signed in, and with the session of who is', async () => {
    const sites = await openSites();
    const path = `${sites.a}/email-change?token=secret`;
    await sites.visitor().get(path);
    expect(sites.auth.count('/auth/email-change/details')).toBe(0);
    const visitor = await sites.signedInAtA();
    expect((await visitor.get(path)).status).toBe(200);
    const [asked] = sites.auth.calls.filter((call) => call.path === '/auth/email-change/details');
    expect(asked?.headers.authorization).toMatch(/^Bearer /);
  });

  it('writes what it is given as text', async () => {
    const sites = await openSites();
    sites.auth.names.set('site-a.localhost', '<script>alert(1)</script>"\'');
    const page = await sites.visitor().get(`${sites.a}/reset?token="><script>x</script>`);
    expect(page.text).not.toContain('<script>');
  });
});

describe('languages', () => {
  it('have the same texts, with the same placeholders', () => {
    expect(catalogueFaults(texts, ['⟨1⟩', '⟨2⟩'])).toEqual([]);
  });

  it.each([
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['pt', 'en'],
  ])('are negotiated: %s gives %s', async (accepted, language) => {
    const { visitor, a } = await openSites();
    const page = await visitor().get(`${a}/sign-in`, { 'accept-language': accepted });
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.headers).toMatchObject({ 'content-language': language, vary: 'cookie, accept, accept-language' });
  });

  it('choose the language of the mails that a person causes', async () => {
    const sites = await openSites();
    const person = sites.visitor();
    await person.get(`${sites.a}/forgot?lang=zh`);
    await person.fill(`${sites.a}/forgot`, { email: 'ann@example.org' });
    const [asked] = sites.auth.calls.filter((call) => call.path === '/auth/forgot');
    expect(asked?.headers['accept-language']).toBe('zh');
  });

  it('stay chosen', async () => {
    const { visitor, a } = await openSites();
    const person = visitor();
    expect((await person.get(`${a}/sign-in?lang=de`)).text).toContain('<html lang="de">');
    expect((await person.get(`${a}/forgot`)).text).toContain('<html lang="de">');
  });
});

describe('forms', () => {
  it('say what is wrong beside the field and above the form', async () => {
    const { visitor, a } = await openSites();
    const answer = await visitor().fill(`${a}/sign-in`, { name: '', password: 'x' });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/aria-invalid="true" aria-describedby="name-error"/);
    expect(answer.text).toContain('id="name-error"');
    expect(answer.text).toContain('role="alert"');
    const wrong = await visitor().fill(`${a}/sign-in`, { name: 'ann@example.org', password: 'wrong' });
    expect(wrong.status).toBe(401);
    expect(wrong.text).toContain('value="ann@example.org"');
    expect(wrong.text).not.toContain('value="wrong"');
  });

  it('are refused without the token of this browser, so that nobody is signed in as somebody else', async () => {
    const { visitor, a, auth } = await openSites();
    const [attacker, victim] = [visitor(), visitor()];
    const page = await attacker.get(`${a}/sign-in`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const fields = { name: 'ann@example.org', password: 'right' };
    expect((await victim.fill(`${a}/sign-in`, fields, (form) => form.set('csrf', csrf))).status).toBe(403);
    expect((await victim.fill(`${a}/sign-in`, fields, (form) => form.delete('csrf'))).status).toBe(403);
    expect(auth.count('/auth/login')).toBe(0);
    expect((await victim.fill(`${a}/sign-in`, fields)).status).toBe(303);
  });

  it.each(['//evil.example', 'http://evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'never lead to %s',
    async (to) => {
      const { visitor, a } = await openSites();
      const answer = await visitor().fill(`${a}/sign-in`, { name: 'ann@example.org', password: 'right', return: to });
      expect(answer.headers.location).toBe('/account');
    },
  );

  it('show a refusal as a page to people and as a problem to programs', async () => {
    const { visitor, a } = await openSites();
    const page = await visitor().get(`${a}/sso?from=nowhere.example`);
    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    const problem = await visitor().get(`${a}/sso?from=nowhere.example`, { accept: 'application/json' });
    expect(problem.json()).toMatchObject({ status: 404, code: 'site_not_found' });
  });

  it('keep a person signed in who wants it', async () => {
    const { visitor, a } = await openSites();
    const fields = { name: 'ann@example.org', password: 'right' };
    const [forNow, forLong] = [
      await visitor().fill(`${a}/sign-in`, fields),
      await visitor().fill(`${a}/sign-in`, { ...fields, remember: 'on' }),
    ];
    expect(String(forNow.headers['set-cookie'])).not.toMatch(/Expires|Max-Age/);
    expect(String(forLong.headers['set-cookie'])).toMatch(/gaia-\d+=[^;]+; Path=\/; Expires=/);
  });

  it('sign out everywhere', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const answer = await visitor.fill(`${sites.a}/account`, {}, () => {});
    expect(answer.status).toBeLessThan(400);
  });
});

describe('ending another login', () => {
  it.each(['all', '..', '.', '../users', 'a/b', 'x?keep=current', '%2e%2e', '', 'a'.repeat(200)])(
    'asks auth for none that is called %j',
    async (id) => {
      const sites = await openSites();
      const visitor = await sites.signedInAtA();
      await sites.signedInAtA();
      const before = sites.auth.families.size;
      const answer = await visitor.fill(`${sites.a}/account`, { id });
      expect([answer.status, answer.headers.location]).toEqual([303, '/account']);
      expect(sites.auth.families.size).toBe(before);
      expect(sites.auth.calls.filter(({ path }) => path.startsWith('/auth/sessions/'))).toEqual([]);
    },
  );
});
