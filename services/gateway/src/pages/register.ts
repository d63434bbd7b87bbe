import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import { problem } from '../errors.ts';
import type { AuthClient } from '../sessions/auth-client.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import { type Desk, sentence, type Visit } from './desk.ts';
import { errorsOf } from './form-errors.ts';
import type { FormTokens } from './form-tokens.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';

export interface RegisterPageOptions {
  readonly desk: Desk;
  readonly formTokens: FormTokens;
  readonly auth: Pick<AuthClient, 'submit'>;
  readonly signIns: Pick<SignIns, 'askedFor'>;
}

/**
 * `/register`: where the site is open to everybody. Password and names are chosen at the link that is mailed. What is
 * answered never tells whether an address has an account.
 */
export function registerRegistration(scope: FastifyInstance, options: RegisterPageOptions): void {
  const { desk, formTokens, auth, signIns } = options;

  scope.get('/register', async (request, reply) => {
    const visit = await desk.receive(request, reply);
    return show(siteOf(visit), {});
  });

  scope.post('/register', { config: { rateClass: 'login' } }, async (request, reply) => {
    const visit = siteOf(await desk.receive(request, reply));
    const { texts } = visit;
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, visit.caller, filled.csrf);
    const { email } = filled;
    if (!email) return show(visit, { filled, error: texts.required });
    try {
      const path = `/auth/sites/${encodeURIComponent(visit.site?.site ?? '')}/registrations`;
      await auth.submit(path, { email }, visit.site?.site, signIns.askedFor(request, visit.caller));
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(visit, { filled, refusal: error, error: errorsOf(error, texts).email });
    }
    const sent = html`<p>${texts.mailSentText}</p>${signInLink(texts, texts.back)}`;
    return desk.send(visit, { title: texts.mailSent, body: sent });
  });

  function siteOf(visit: Visit): Visit {
    if (visit.site === undefined) throw problem('site_not_found');
    if (visit.site.registration === 'open') return visit;
    throw new Problem('registration_closed', { status: 403, title: visit.texts.refusals.registration_closed });
  }

  function show(visit: Visit, failed: { filled?: Filled; refusal?: Problem; error?: string | undefined }) {
    const { texts, siteName } = visit;
    const { filled, refusal, error } = failed;
    const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
    const summary = errorSummary(texts.checkForm, [{ name: 'email', label: texts.email }]);
    const body = html`${error === undefined ? note('bad', wrong) : summary}
<p>${texts.registerIntro}</p>
<form method="post" action="/register">
${hidden('csrf', visit.formToken)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: filled?.email, error, autofocus: true })}
<button class="full">${texts.sendLink}</button>
</form>
<div class="links"><p>${texts.haveAccount} <a href="/sign-in">${texts.signIn}</a></p></div>`;
    const status = refusal?.statusCode ?? (error === undefined ? 200 : 400);
    return desk.send(visit, { title: texts.registerAt(siteName), body }, { status, again: '/register' });
  }
}
