import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuthClient } from '../auth-client/auth-client.ts';
import type { BrowserSession, BrowserSessions } from '../sessions/browser-sessions.ts';
import { errorsOf } from './form-errors.ts';
import type { Filled } from './forms.ts';
import { type Html, html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import { type PageContext, type PageRenderer, sentence } from './page-renderer.ts';

export interface LinkPagesOptions {
  readonly pages: PageRenderer;
  readonly auth: Pick<AuthClient, 'submit'>;
  readonly sessions: Pick<BrowserSessions, 'requesterOf' | 'find' | 'changeId'>;
}

/** What auth says of a link. */
interface Details {
  readonly email: string;
  readonly siteName: string;
  /** Whether the address has an account that its owner has proved: nothing is chosen then. */
  readonly hasAccount: boolean;
  readonly name: string | undefined;
  readonly username: string | undefined;
}

interface Step {
  readonly path: string;
  /** Where auth takes the token; below it are the details, which use nothing up. */
  readonly endpoint: string;
  readonly title: (context: PageContext, details: Details) => string;
  readonly intro: (context: PageContext, details: Details) => string;
  readonly button: (context: PageContext, details: Details) => string;
  readonly done: (context: PageContext, details: Details) => { title: string; text: string };
  /** Sets a password also where there is an account. */
  readonly setsPassword?: true;
  /** Only for who is signed in with the account that asked for the link, whose session gets another id. */
  readonly needsSession?: true;
}

const steps: readonly Step[] = [
  {
    path: '/verify',
    endpoint: '/auth/verify',
    title: ({ texts }, { hasAccount, siteName }) => (hasAccount ? texts.joinSite(siteName) : texts.verify),
    intro: ({ texts }, { hasAccount, siteName }) => (hasAccount ? texts.joinIntro(siteName) : texts.verifyIntro),
    button: ({ texts }, { hasAccount }) => (hasAccount ? texts.join : texts.confirm),
    done: ({ texts }, { hasAccount, siteName }) =>
      hasAccount
        ? { title: texts.joined, text: texts.joinedText(siteName) }
        : { title: texts.verifyDone, text: texts.verifyDoneText },
  },
  {
    path: '/invitation',
    endpoint: '/auth/invitation',
    title: ({ texts }, { siteName }) => texts.invitedTo(siteName),
    intro: ({ texts }, { hasAccount, siteName }) => (hasAccount ? texts.joinIntro(siteName) : texts.invitationIntro),
    button: ({ texts }) => texts.join,
    done: ({ texts }, { siteName }) => ({ title: texts.joined, text: texts.joinedText(siteName) }),
  },
  {
    path: '/reset',
    endpoint: '/auth/reset',
    title: ({ texts }) => texts.reset,
    intro: ({ texts }) => texts.resetIntro,
    button: ({ texts }) => texts.setPassword,
    done: ({ texts }) => ({ title: texts.resetDone, text: texts.resetDoneText }),
    setsPassword: true,
  },
  {
    path: '/email-change',
    endpoint: '/auth/email-change',
    title: ({ texts }) => texts.emailChange,
    intro: ({ texts }) => texts.emailChangeIntro,
    button: ({ texts }) => texts.confirm,
    done: ({ texts }) => ({ title: texts.emailChanged, text: texts.emailChangedText }),
    needsSession: true,
  },
];

/** What a refused link is shown as: its form is of no use any more. */
const spent = new Set(['link_invalid', 'link_expired', 'registration_closed', 'link_of_another_account']);

/**
 * The pages that mails link to. A GET uses nothing up, because scanners follow the links of mails; the address with the
 * token is left by the click, and no other site is ever told of it.
 */
export function registerLinkPages(scope: FastifyInstance, options: LinkPagesOptions): void {
  for (const step of steps) registerStep(scope, options, step);
}

function registerStep(scope: FastifyInstance, options: LinkPagesOptions, step: Step): void {
  const { pages, auth, sessions } = options;

  scope.get(step.path, async (request, reply) => {
    const context = await receive(request, reply);
    const { token = '' } = request.query as Filled;
    const session = await sessionFor(context);
    if (session === 'missing') return askToSignIn(context);
    return show(context, session, token, {});
  });

  scope.post(step.path, { config: { rateClass: 'login' } }, async (request, reply) => {
    const context = await receive(request, reply);
    const filled = (request.body ?? {}) as Filled;
    const session = await sessionFor(context);
    if (session === 'missing') return askToSignIn(context);
    const { token = '', password, name, username } = filled;
    let details: Details | undefined;
    try {
      details = await detailsOf(context, session, token);
      const chosen = { ...(password && { password }), ...(name && { name }), ...(username && { username }) };
      await submit(context, session, step.endpoint, { token, ...chosen });
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(context, session, token, { refusal: error, filled });
    }
    if (session !== undefined) await changeIdOfSession(context, session);
    const { title, text } = step.done(context, details);
    return pages.render(context, {
      title,
      body: html`<p>${text}</p>${signInLink(context.texts, context.texts.signIn)}`,
    });
  });

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<PageContext> {
    const context = await pages.contextOf(request, reply);
    // The address holds the token.
    reply.header('referrer-policy', 'strict-origin');
    return context;
  }

  async function sessionFor({ request }: PageContext): Promise<BrowserSession | undefined | 'missing'> {
    if (step.needsSession === undefined) return undefined;
    return (await sessions.find(request)) ?? 'missing';
  }

  function submit(
    context: PageContext,
    session: BrowserSession | undefined,
    endpoint: string,
    body: Record<string, string>,
  ) {
    const requester = sessions.requesterOf(context.request);
    return auth.submit(endpoint, body, context.site?.site, requester, session?.tokens);
  }

  async function detailsOf(context: PageContext, session: BrowserSession | undefined, token: string): Promise<Details> {
    // Some mail programs cut long links.
    if (token === '') throw new Problem('link_invalid', { status: 400, title: context.texts.refusals.link_invalid });
    const found = await submit(context, session, `${step.endpoint}/details`, { token });
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    return {
      email: text(found.email) ?? '',
      siteName: text(found.site_name) ?? context.siteName,
      hasAccount: found.has_account === true,
      name: text(found.name),
      username: text(found.username),
    };
  }

  /** The form of a link, or that it is of no use. Asked for anew after a refusal: another link may have been used. */
  async function show(
    context: PageContext,
    session: BrowserSession | undefined,
    token: string,
    { refusal, filled }: { refusal?: Problem; filled?: Filled },
  ) {
    try {
      if (refusal !== undefined && spent.has(refusal.code)) throw refusal;
      const details = await detailsOf(context, session, token);
      const page = linkPage(context, { step, token, details, refusal, filled });
      return pages.render(context, page, { status: refusal?.statusCode ?? 200, retryUrl: undefined });
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      const { texts } = context;
      const wrong = sentence(texts, error) ?? texts.refusals.validation_failed;
      const body = html`${note('bad', wrong)}${signInLink(texts, texts.back)}`;
      return pages.render(context, { title: texts.somethingWrong, body }, { status: error.statusCode });
    }
  }

  function askToSignIn(context: PageContext) {
    const { texts } = context;
    const body = html`<p>${texts.emailChangeSignIn}</p>${signInLink(texts, texts.signIn)}`;
    return pages.render(context, { title: texts.emailChange, body }, { status: 401 });
  }

  async function changeIdOfSession({ request }: PageContext, session: BrowserSession): Promise<void> {
    try {
      await sessions.changeId(request, session);
    } catch (error) {
      // The link has been used; the page must not say that it did not work.
      request.log.warn({ err: error }, 'a session keeps its id');
    }
  }
}

function linkPage(
  context: PageContext,
  of: { step: Step; token: string; details: Details; refusal: Problem | undefined; filled: Filled | undefined },
) {
  const { texts } = context;
  const { step, token, details, refusal, filled } = of;
  const errors = refusal === undefined ? {} : errorsOf(refusal, texts);
  const { name, username } = filled ?? details;
  const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
  const labels = { name: texts.name, username: texts.username, password: texts.newPassword };
  const marked = Object.entries(labels).flatMap(([key, label]) => (errors[key] ? [{ name: key, label }] : []));
  // The first that is wrong is where the person goes on.
  const begins = marked[0]?.name ?? 'password';
  const asksPassword = !details.hasAccount || step.setsPassword === true;
  const fields: Html = html`
${
  !details.hasAccount &&
  html`${field({ name: 'name', label: texts.name, type: 'text', autocomplete: 'name', value: name, error: errors.name, optional: texts.optional, autofocus: begins === 'name' })}
${field({ name: 'username', label: texts.username, type: 'text', autocomplete: 'nickname', value: username, error: errors.username, optional: texts.optional, autofocus: begins === 'username' })}`
}
${asksPassword && field({ name: 'password', label: texts.newPassword, type: 'password', autocomplete: 'new-password', hint: texts.passwordHint, error: errors.password, autofocus: begins === 'password' })}`;
  return {
    title: step.title(context, details),
    body: html`${marked.length > 0 ? errorSummary(texts.checkForm, marked) : note('bad', wrong)}
<p>${step.intro(context, details)}</p>
<form method="post" action="${step.path}">
${hidden('csrf', context.formToken)}${hidden('token', token)}
${field({ name: 'email', label: texts.email, type: 'email', autocomplete: 'username', value: details.email, isFixed: true })}
${fields}
<button class="full">${step.button(context, details)}</button>
</form>`,
  };
}
