import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import type { AuthClient } from '../auth-client/auth-client.ts';
import { problem } from '../errors.ts';
import type { BrowserSessions } from '../sessions/browser-sessions.ts';
import { errorsOf } from './form-errors.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import { type PageContext, type PageRenderer, sentence } from './page-renderer.ts';

export interface RegisterPageOptions {
  readonly pages: PageRenderer;
  readonly auth: Pick<AuthClient, 'submit'>;
  readonly sessions: Pick<BrowserSessions, 'requesterOf'>;
}

/**
 * `/register`: where the site is open to everybody. Password and names are chosen at the link that is mailed. What is
 * answered never tells whether an address has an account.
 */
export function registerRegistration(scope: FastifyInstance, options: RegisterPageOptions): void {
  const { pages, auth, sessions } = options;

  scope.get('/register', async (request, reply) => {
    const context = await pages.contextOf(request, reply);
    return show(siteOf(context), {});
  });

  scope.post('/register', { config: { rateClass: 'login' } }, async (request, reply) => {
    const context = siteOf(await pages.contextOf(request, reply));
    const { texts } = context;
    const filled = (request.body ?? {}) as Filled;
    const { email } = filled;
    if (!email) return show(context, { filled, error: texts.required });
    try {
      const path = `/auth/sites/${encodeURIComponent(context.site?.site ?? '')}/registrations`;
      await auth.submit(path, { email }, context.site?.site, sessions.requesterOf(request));
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(context, { filled, refusal: error, error: errorsOf(error, texts).email });
    }
    const sent = html`<p>${texts.mailSentText}</p>${signInLink(texts, texts.back)}`;
    return pages.render(context, { title: texts.mailSent, body: sent });
  });

  function siteOf(context: PageContext): PageContext {
    if (context.site === undefined) throw problem('site_not_found');
    if (context.site.registration === 'open') return context;
    throw new Problem('registration_closed', { status: 403, title: context.texts.refusals.registration_closed });
  }

  function show(context: PageContext, failed: { filled?: Filled; refusal?: Problem; error?: string | undefined }) {
    const { texts, siteName } = context;
    const { filled, refusal, error } = failed;
    const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
    const summary = errorSummary(texts.checkForm, [{ name: 'email', label: texts.email }]);
    const body = html`${error === undefined ? note('bad', wrong) : summary}
<p>${texts.registerIntro}</p>
<form method="post" action="/register">
${hidden('csrf', context.formToken)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: filled?.email, error, autofocus: true })}
<button class="full">${texts.sendLink}</button>
</form>
<div class="links"><p>${texts.haveAccount} <a href="/sign-in">${texts.signIn}</a></p></div>`;
    const status = refusal?.statusCode ?? (error === undefined ? 200 : 400);
    return pages.render(context, { title: texts.registerAt(siteName), body }, { status, retryUrl: '/register' });
  }
}
