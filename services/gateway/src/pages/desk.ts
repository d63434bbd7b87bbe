import { Problem } from '@gaia/http-service/problem';
import { type Language, languageOfTag } from '@gaia/i18n/language';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import type { LanguageChoice } from '../caller/language-choice.ts';
import type { Site, SiteDirectory } from '../sites/site-directory.ts';
import type { FormTokens } from './form-tokens.ts';
import { html } from './html.ts';
import { contentSecurityPolicy, note, type Page, renderDocument, signInLink } from './layout.ts';
import { type RefusalText, type Texts, texts as textsIn } from './texts/texts.ts';

/** One person at one page. */
export interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly site: Site | undefined;
  /** What the pages are titled with. */
  readonly siteName: string;
  readonly texts: Texts;
  /** For the hidden field `csrf` of every form. */
  readonly formToken: string;
}

export interface Sending {
  readonly status?: number;
  /** Origin that the answer to the page's form leads on to. */
  readonly leadsTo?: string | undefined;
  /** Path and query that show the page again; undefined where that cannot be. */
  readonly again?: string | undefined;
}

export interface Desk {
  /** Receives a visitor: finds site and language, hands out the form token. Refuses: invalid_host. */
  receive(request: FastifyRequest, reply: FastifyReply): Promise<Visit>;
  send(visit: Visit, page: Page, sending?: Sending): FastifyReply;
  /** Shows refusals of a scope as pages to browsers; programs get the problem document. */
  showRefusals(scope: FastifyInstance): void;
}

export interface DeskOptions {
  readonly languageChoice: LanguageChoice;
  readonly sites: SiteDirectory;
  readonly formTokens: FormTokens;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

const DEFAULT_NAME = 'Gaia';

export function createDesk({ languageChoice, sites, formTokens, callerOf }: DeskOptions): Desk {
  function languageOf(request: FastifyRequest, reply: FastifyReply, caller: Caller): Language {
    const { lang } = (request.query ?? {}) as { lang?: unknown };
    const asked = typeof lang === 'string' ? languageOfTag(lang) : undefined;
    if (asked !== undefined) reply.header('set-cookie', languageChoice.write(asked, caller));
    return asked ?? languageChoice.read(request.headers, caller);
  }

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    reply.header('vary', 'cookie, accept, accept-language');
    const caller = callerOf(request);
    const site = await sites.find(caller.host.name);
    const { token, setCookie } = formTokens.issue(request, caller);
    if (setCookie !== undefined) reply.header('set-cookie', setCookie);
    const texts = textsIn[languageOf(request, reply, caller)];
    return { request, reply, caller, site, siteName: site?.name ?? DEFAULT_NAME, texts, formToken: token };
  }

  function send({ reply, texts, siteName }: Visit, page: Page, { status = 200, leadsTo, again }: Sending = {}) {
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .headers({
        'cache-control': 'no-store',
        'content-language': texts.language,
        'content-security-policy': contentSecurityPolicy(leadsTo),
      })
      .send(
        renderDocument(page, {
          texts,
          siteName,
          inLanguage:
            again === undefined
              ? undefined
              : (language) => `${again}${again.includes('?') ? '&' : '?'}lang=${language}`,
        }),
      );
  }

  return {
    receive,
    send,
    showRefusals(scope) {
      scope.setErrorHandler(async (error, request, reply) => {
        const wantsPage = request.headers.accept?.includes('text/html') ?? false;
        // What is thrown on goes to the shell's handler, which answers with the problem document.
        if (!(error instanceof Problem) || !wantsPage || error.code === 'invalid_host') throw error;
        const visit = await receive(request, reply);
        reply.headers(error.headers);
        const { texts } = visit;
        const body = html`${note('bad', sentence(texts, error) ?? error.title)}
<p class="small soft">${texts.requestId} ${request.id} · ${error.code}</p>
${signInLink(texts, texts.back)}`;
        return send(visit, { title: texts.somethingWrong, body }, { status: error.statusCode });
      });
    },
  };
}

/** What a page says of a refusal; undefined where it has no sentence for it. */
export function sentence(texts: Texts, { code }: Problem): string | undefined {
  return Object.hasOwn(texts.refusals, code) ? texts.refusals[code as RefusalText] : undefined;
}
