import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import { problem } from '../errors.ts';
import type { AuthClient } from '../sessions/auth-client.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import { type Desk, sentence, type Visit } from './desk.ts';
import type { FormTokens } from './form-tokens.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import type { Texts } from './texts/texts.ts';

export interface RegisterPageOptions {
  readonly desk: Desk;
  readonly formTokens: FormTokens;
  readonly auth: Pick<AuthClient, 'submit'>;
  readonly signIns: Pick<SignIns, 'askedFor'>;
}

/** `/register`: where the site is open to everybody. What is answered never tells whether an address has an account. */
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
    const { email, password, name, username } = filled;
    if (!email || !password) return show(visit, { filled, errors: missing(filled, texts) });
    const body = { email, password, ...(name && { name }), ...(username && { username }) };
    try {
      const path = `/auth/sites/${encodeURIComponent(visit.site?.site ?? '')}/registrations`;
      await auth.submit(path, body, visit.site?.site, signIns.askedFor(request, visit.caller));
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(visit, { filled, refusal: error, errors: errorsOf(error, texts) });
    }
    const sent = html`<p>${texts.mailSentText}</p>${signInLink(texts, texts.back)}`;
    return desk.send(visit, { title: texts.mailSent, body: sent });
  });

  function siteOf(visit: Visit): Visit {
    if (visit.site === undefined) throw problem('site_not_found');
    if (visit.site.registration === 'open') return visit;
    throw new Problem('registration_closed', { status: 403, title: visit.texts.refusals.registration_closed });
  }

  function show(visit: Visit, failed: { filled?: Filled; refusal?: Problem; errors?: Filled }) {
    const { texts, siteName } = visit;
    const { filled, refusal, errors = {} } = failed;
    const hasErrors = Object.keys(errors).length > 0;
    const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
    const labels = { email: texts.email, name: texts.name, username: texts.username, password: texts.password };
    // In the order of the form; the first is where the person goes on.
    const marked = Object.entries(labels).flatMap(([name, label]) => (errors[name] ? [{ name, label }] : []));
    const begins = marked[0]?.name ?? 'email';
    const body = html`${hasErrors ? errorSummary(texts.checkForm, marked) : note('bad', wrong)}
<form method="post" action="/register">
${hidden('csrf', visit.formToken)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: filled?.email, error: errors.email, autofocus: begins === 'email' })}
${field({ name: 'name', label: texts.name, type: 'text', autocomplete: 'name', value: filled?.name, error: errors.name, optional: texts.optional, autofocus: begins === 'name' })}
${field({ name: 'username', label: texts.username, type: 'text', autocomplete: 'username', value: filled?.username, error: errors.username, optional: texts.optional, autofocus: begins === 'username' })}
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'new-password', hint: texts.passwordHint, error: errors.password, autofocus: begins === 'password' })}
<button class="full">${texts.register}</button>
</form>
<div class="links"><p>${texts.haveAccount} <a href="/sign-in">${texts.signIn}</a></p></div>`;
    const status = refusal?.statusCode ?? (hasErrors ? 400 : 200);
    return desk.send(visit, { title: texts.registerAt(siteName), body }, { status, again: '/register' });
  }
}

function missing(filled: Filled, texts: Texts): Filled {
  const errors: Record<string, string> = {};
  for (const name of ['email', 'password']) if (!filled[name]) errors[name] = texts.required;
  return errors;
}

/** Which field a refusal of auth is about. */
export function errorsOf(error: Problem, texts: Texts): Filled {
  if (error.code === 'password_too_weak') {
    // Auth says why in English.
    const why = texts.language === 'en' ? (error.detail ?? '') : '';
    return { password: `${texts.refusals.password_too_weak} ${why}`.trim() };
  }
  if (error.code === 'username_taken') return { username: texts.refusals.username_taken };
  const errors: Record<string, string> = {};
  for (const { path } of error.errors ?? []) {
    const name = path.replace(/^\/body\//, '');
    if (/^(?:email|password|name|username)$/.test(name)) errors[name] = texts.refusals.validation_failed;
  }
  return errors;
}
