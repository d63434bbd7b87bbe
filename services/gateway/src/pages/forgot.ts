import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import type { Filled } from './forms.ts';
import { html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import type { LinkPagesOptions } from './links.ts';
import { type PageContext, sentence } from './page-renderer.ts';

/** `/forgot`: asks for a link. The response is the same for known and unknown addresses. */
export function registerForgot(scope: FastifyInstance, options: LinkPagesOptions): void {
  const { pages, auth, sessions } = options;

  scope.get('/forgot', async (request, reply) => show(await pages.contextOf(request, reply), {}));

  scope.post('/forgot', { config: { rateClass: 'login' } }, async (request, reply) => {
    const context = await pages.contextOf(request, reply);
    const filled = (request.body ?? {}) as Filled;
    if (!filled.email) return show(context, { error: context.texts.required });
    try {
      const requester = sessions.requesterOf(request);
      await auth.submit('/auth/forgot', { email: filled.email }, context.site?.site, requester);
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(context, { filled, refusal: error });
    }
    const { texts } = context;
    const sent = html`<p>${texts.mailSentText}</p>${signInLink(texts, texts.back)}`;
    return pages.render(context, { title: texts.mailSent, body: sent });
  });

  function show(context: PageContext, failed: { filled?: Filled; refusal?: Problem; error?: string }) {
    const { texts } = context;
    const { filled, refusal, error } = failed;
    const fields = [{ name: 'email', label: texts.email }];
    const body = html`${error !== undefined && errorSummary(texts.checkForm, fields)}${note('bad', refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed))}
<p>${texts.forgotIntro}</p>
<form method="post" action="/forgot">
${hidden('csrf', context.formToken)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'email', value: filled?.email, error, autofocus: true })}
<button class="full">${texts.sendLink}</button>
</form>
${signInLink(texts, texts.back)}`;
    const status = refusal?.statusCode ?? (error === undefined ? 200 : 400);
    return pages.render(context, { title: texts.forgot, body }, { status, retryUrl: '/forgot' });
  }
}
