import { Problem } from '@gaia/http-service/problem';
import { type Language, languageOfTag } from '@gaia/i18n/language';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClientInfo, ClientInfoOf } from '../client/client-info.ts';
import type { LanguageChoice } from '../cookies/language-choice.ts';
import { isCsrfError } from '../csrf/csrf-errors.ts';
import { problem } from '../errors.ts';
import type { Site, Sites } from '../sites/sites.ts';
import { html } from './html.ts';
import { contentSecurityPolicy, note, type Page, renderDocument, signInLink } from './layout.ts';
import { type RefusalText, type Texts, texts as textsIn } from './texts/texts.ts';

/** What a page is rendered for. */
export interface PageContext {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly client: ClientInfo;
  readonly site: Site | undefined;
  /** What the pages are titled with. */
  readonly siteName: string;
  readonly texts: Texts;
  /** For the hidden field `csrf` of every form. */
  readonly formToken: string;
}

export interface RenderOptions {
  readonly status?: number;
  /** Origin that the response to the page's form redirects to. */
  readonly formAction?: string | undefined;
  /** Path and query that show the page again; undefined where that cannot be. */
  readonly retryUrl?: string | undefined;
}

export interface PageRenderer {
  /** Finds site and language of a request and makes its form token. Refuses: invalid_host. */
  contextOf(request: FastifyRequest, reply: FastifyReply): Promise<PageContext>;
  render(context: PageContext, page: Page, options?: RenderOptions): FastifyReply;
  /** Shows problems of a scope as pages to browsers; programs get the problem document. */
  showProblems(scope: FastifyInstance): void;
}

export interface PageRendererOptions {
  readonly languageChoice: LanguageChoice;
  readonly sites: Sites;
  readonly clientInfoOf: ClientInfoOf;
}

const DEFAULT_NAME = 'Gaia';

export function createPageRenderer({ languageChoice, sites, clientInfoOf }: PageRendererOptions): PageRenderer {
  function languageOf(request: FastifyRequest, reply: FastifyReply): Language {
    const { lang } = (request.query ?? {}) as { lang?: unknown };
    const asked = typeof lang === 'string' ? languageOfTag(lang) : undefined;
    if (asked !== undefined) languageChoice.keep(reply, asked);
    return asked ?? languageChoice.read(request);
  }

  async function contextOf(request: FastifyRequest, reply: FastifyReply): Promise<PageContext> {
    reply.header('vary', 'cookie, accept, accept-language');
    const client = clientInfoOf(request);
    const site = await sites.find(client.host.name);
    const texts = textsIn[languageOf(request, reply)];
    const formToken = reply.generateCsrf();
    return { request, reply, client, site, siteName: site?.name ?? DEFAULT_NAME, texts, formToken };
  }

  function render(
    { reply, texts, siteName }: PageContext,
    page: Page,
    { status = 200, formAction, retryUrl }: RenderOptions = {},
  ) {
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .headers({
        'cache-control': 'no-store',
        'content-language': texts.language,
        'content-security-policy': contentSecurityPolicy(formAction),
      })
      .send(
        renderDocument(page, {
          texts,
          siteName,
          inLanguage:
            retryUrl === undefined
              ? undefined
              : (language) => `${retryUrl}${retryUrl.includes('?') ? '&' : '?'}lang=${language}`,
        }),
      );
  }

  return {
    contextOf,
    render,
    showProblems(scope) {
      scope.setErrorHandler(async (thrown: FastifyError, request, reply) => {
        const error = isCsrfError(thrown) ? problem('form_expired') : thrown;
        const wantsPage = request.headers.accept?.includes('text/html') ?? false;
        // Thrown on, it goes to the handler of the service, which responds with the problem document.
        if (!(error instanceof Problem) || !wantsPage || error.code === 'invalid_host') throw error;
        const context = await contextOf(request, reply);
        reply.headers(error.headers);
        const { texts } = context;
        const body = html`${note('bad', sentence(texts, error) ?? error.title)}
<p class="small soft">${texts.requestId} ${request.id} · ${error.code}</p>
${signInLink(texts, texts.back)}`;
        return render(context, { title: texts.somethingWrong, body }, { status: error.statusCode });
      });
    },
  };
}

/** What a page says of a problem; undefined where it has no sentence for it. */
export function sentence(texts: Texts, { code }: Problem): string | undefined {
  return Object.hasOwn(texts.refusals, code) ? texts.refusals[code as RefusalText] : undefined;
}
