import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import type { AuthClient } from '../auth-client/auth-client.ts';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import type { BrowserSessions } from '../sessions/browser-sessions.ts';
import type { Sites } from '../sites/sites.ts';
import { readReturnPath } from '../sso/return-path.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note } from './layout.ts';
import { type PageContext, type PageRenderer, sentence } from './page-renderer.ts';

export interface SignInPageOptions {
  readonly pages: PageRenderer;
  readonly auth: Pick<AuthClient, 'logIn'>;
  readonly sessions: BrowserSessions;
  readonly sites: Sites;
  readonly cookies: Pick<CookieSettings, 'requireSecureContext'>;
  readonly centralOrigin: string;
}

const DEFAULT_RETURN = '/account';

/** `/sign-in`: a password, and then where the visitor wanted to go. */
export function registerSignIn(scope: FastifyInstance, options: SignInPageOptions): void {
  const { pages, auth, sessions, sites, cookies } = options;

  scope.get('/sign-in', async (request, reply) => {
    const context = await pages.contextOf(request, reply);
    cookies.requireSecureContext(context.client);
    return show(context, readReturnPath((request.query as Filled).return));
  });

  scope.post('/sign-in', { config: { rateClass: 'login' } }, async (request, reply) => {
    const context = await pages.contextOf(request, reply);
    cookies.requireSecureContext(context.client);
    const filled = (request.body ?? {}) as Filled;
    const returnPath = readReturnPath(filled.return);
    const { name = '', password = '', remember } = filled;
    if (name === '' || password === '') return show(context, returnPath, { filled, missing: true });
    try {
      const credentials = { ...(name.includes('@') ? { email: name } : { username: name }), password };
      const response = await auth.logIn(credentials, context.site?.site, sessions.requesterOf(request));
      await sessions.open(request, response, remember !== undefined);
      return reply.header('cache-control', 'no-store').redirect(returnPath ?? DEFAULT_RETURN, 303);
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      reply.headers(retryAfterOf(error));
      return show(context, returnPath, { filled, refusal: error });
    }
  });

  async function show(
    context: PageContext,
    returnPath: string | undefined,
    failed: { filled?: Filled; missing?: boolean; refusal?: Problem } = {},
  ) {
    const { texts, siteName, site, client } = context;
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
${hidden('csrf', context.formToken)}${hidden('return', returnPath)}
${field({ name: 'name', label: texts.nameOrEmail, type: 'text', autocomplete: 'username', value: filled?.name, error: required(filled?.name), autofocus: !filled?.name })}
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password', error: required(filled?.password), autofocus: Boolean(filled?.name) })}
<div class="check"><input id="remember" name="remember" type="checkbox"${filled?.remember !== undefined && html` checked`}><label for="remember">${texts.remember}</label></div>
<button class="full">${texts.signIn}</button>
</form>
<div class="links">
<p><a href="/forgot">${texts.forgotLink}</a></p>
${site?.registration === 'open' && html`<p>${texts.noAccount} <a href="/register">${texts.register}</a></p>`}
${site !== undefined && client.origin !== options.centralOrigin && target === undefined && html`<p><a href="/sso?return=${encodeURIComponent(returnPath ?? DEFAULT_RETURN)}">${texts.elsewhere}</a></p>`}
</div>`;
    return pages.render(
      context,
      { title: texts.signInTo(siteName), body },
      {
        status: refusal?.statusCode ?? (missing ? 400 : 200),
        formAction: target?.origin,
        retryUrl: `/sign-in${query}`,
      },
    );
  }

  /** The site that waits for this login: browsers check a form's response, redirects included, against form-action. */
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
