import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import { sentence, type Visit } from './desk.ts';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import type { LinkPagesOptions } from './links.ts';

/** `/forgot`: asks for a link. The answer is the same whoever asks. */
export function registerForgot(scope: FastifyInstance, options: LinkPagesOptions): void {
  const { desk, formTokens, auth, signIns } = options;

  scope.get('/forgot', async (request, reply) => show(await desk.receive(request, reply), {}));

  scope.post('/forgot', { config: { rateClass: 'login' } }, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, visit.caller, filled.csrf);
    if (!filled.email) return show(visit, { error: visit.texts.required });
    try {
      const askedFor = signIns.askedFor(request, visit.caller);
      await auth.submit('/auth/forgot', { email: filled.email }, visit.site?.site, askedFor);
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(visit, { filled, refusal: error });
    }
    const { texts } = visit;
    const sent = html`<p>${texts.mailSentText}</p>${signInLink(texts, texts.back)}`;
    return desk.send(visit, { title: texts.mailSent, body: sent });
  });

  function show(visit: Visit, failed: { filled?: Filled; refusal?: Problem; error?: string }) {
    const { texts } = visit;
    const { filled, refusal, error } = failed;
    const fields = [{ name: 'email', label: texts.email }];
    const body = html`${error !== undefined && errorSummary(texts.checkForm, fields)}${note('bad', refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed))}
<p>${texts.forgotIntro}</p>
<form method="post" action="/forgot">
${hidden('csrf', visit.formToken)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: filled?.email, error, autofocus: true })}
<button class="full">${texts.sendLink}</button>
</form>
${signInLink(texts, texts.back)}`;
    const status = refusal?.statusCode ?? (error === undefined ? 200 : 400);
    return desk.send(visit, { title: texts.forgot, body }, { status, again: '/forgot' });
  }
}
