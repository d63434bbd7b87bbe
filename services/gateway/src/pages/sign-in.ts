import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import { canKeepCookies } from '../caller/host-cookie.ts';
import { problem } from '../errors.ts';
import type { AuthClient } from '../sessions/auth-client.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';
import { readReturnPath } from '../sso/return-path.ts';
import { type Desk, sentence, type Visit } from './desk.ts';
import type { FormTokens } from './form-tokens.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note } from './layout.ts';

export interface SignInPageOptions {
  readonly desk: Desk;
  readonly formTokens: FormTokens;
  readonly auth: Pick<AuthClient, 'logIn'>;
  readonly signIns: SignIns;
  readonly sites: SiteDirectory;
  readonly centralOrigin: string;
}

const AFTERWARDS = '/account';

/** `/sign-in`: a password, and then where the visitor wanted to go. */
export function registerSignIn(scope: FastifyInstance, options: SignInPageOptions): void {
  const { desk, formTokens, auth, signIns, sites } = options;

  scope.get('/sign-in', async (request, reply) => {
    const visit = await desk.receive(request, reply);
    if (!canKeepCookies(visit.caller)) throw problem('https_required');
    return show(visit, readReturnPath((request.query as Filled).return));
  });

  scope.post('/sign-in', { config: { rateClass: 'login' } }, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, visit.caller, filled.csrf);
    const returnPath = readReturnPath(filled.return);
    const { name = '', password = '', remember } = filled;
    if (name === '' || password === '') return show(visit, returnPath, { filled, missing: true });
    try {
      const credentials = { ...(name.includes('@') ? { email: name } : { username: name }), password };
      const tokens = await auth.logIn(credentials, visit.site?.site, signIns.askedFor(request, visit.caller));
      const opened = await signIns.open(request, visit.caller, tokens, remember !== undefined);
      reply.header('set-cookie', opened.setCookie).header('cache-control', 'no-store');
      return reply.redirect(returnPath ?? AFTERWARDS, 303);
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      reply.headers(retryAfterOf(error));
      return show(visit, returnPath, { filled, refusal: error });
    }
  });

  async function show(
    visit: Visit,
    returnPath: string | undefined,
    failed: { filled?: Filled; missing?: boolean; refusal?: Problem } = {},
  ) {
    const { texts, siteName, site, caller } = visit;
    const { filled, missing = false, refusal } = failed;
    const target = await handedOverTo(returnPath);
    const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
    const query = returnPath === undefined ? '' : `?return=${encodeURIComponent(returnPath)}`;
    const required = (value: string | undefined) => (missing && !value ? texts.required : undefined);
    const empty = [
      { name: 'name', label: texts.nameOrEmail },
      { name: 'password', label: texts.password },
    ].filter(({ name }) => !filled?.[name]);
    const body = html`${missing ? errorSummary(texts.checkForm, empty) : note('bad', wrong)}
${target !== undefined && html`<p class="soft">${texts.continueTo(target.name)}</p>`}
<form method="post" action="/sign-in">
${hidden('csrf', visit.formToken)}${hidden('return', returnPath)}
${field({ name: 'name', label: texts.nameOrEmail, type: 'text', autocomplete: 'username', value: filled?.name, error: required(filled?.name), autofocus: !filled?.name })}
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password', error: required(filled?.password), autofocus: Boolean(filled?.name) })}
<div class="check"><input id="remember" name="remember" type="checkbox"${filled?.remember !== undefined && html` checked`}><label for="remember">${texts.remember}</label></div>
<button class="full">${texts.signIn}</button>
</form>
<div class="links">
<p><a href="/forgot">${texts.forgotLink}</a></p>
${site?.registration === 'open' && html`<p>${texts.noAccount} <a href="/register">${texts.register}</a></p>`}
${site !== undefined && caller.origin !== options.centralOrigin && target === undefined && html`<p><a href="/sso?return=${encodeURIComponent(returnPath ?? AFTERWARDS)}">${texts.elsewhere}</a></p>`}
</div>`;
    return desk.send(
      visit,
      { title: texts.signInTo(siteName), body },
      { status: refusal?.statusCode ?? (missing ? 400 : 200), leadsTo: target?.origin, again: `/sign-in${query}` },
    );
  }

  /** The site that is waiting for this sign-on: browsers check a form's answer, redirects included, against form-action. */
  async function handedOverTo(returnPath: string | undefined) {
    if (returnPath === undefined || !returnPath.startsWith('/sso/authorize?')) return undefined;
    const host = new URLSearchParams(returnPath.slice(returnPath.indexOf('?'))).get('host');
    return host === null ? undefined : sites.find(host);
  }
}

function retryAfterOf({ headers }: Problem): Record<string, string> {
  const retryAfter = headers['retry-after'];
  return retryAfter === undefined ? {} : { 'retry-after': retryAfter };
}
