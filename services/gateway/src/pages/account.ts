import { Problem } from '@gaia/http-service/problem';
import { formatDevice, formatTime } from '@gaia/i18n/formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuthClient, Requester, UserLogin } from '../auth-client/auth-client.ts';
import type { SessionUser } from '../auth-client/tokens.ts';
import type { BrowserSession, BrowserSessions } from '../sessions/browser-sessions.ts';
import { clearCache } from '../sessions/clear-cache.ts';
import type { Sites } from '../sites/sites.ts';
import type { Filled } from './forms.ts';
import { type Html, html } from './html.ts';
import { field, hidden, note, signInLink } from './layout.ts';
import { type PageContext, type PageRenderer, sentence } from './page-renderer.ts';

export interface AccountPageOptions {
  readonly pages: PageRenderer;
  readonly auth: Pick<AuthClient, 'profile' | 'sessionsOf' | 'endLogin' | 'deleteAccount'>;
  readonly sessions: BrowserSessions;
  readonly sites: Sites;
}

const MAX_SITES = 50;
/** Ids of logins; it stands in a path, where `..` and the like would be another one. */
const loginId = /^[\w-]{8,64}(?:\.[\w-]{8,64})?$/;

/** `/account`: where one is signed in, signing out here or everywhere, and the way to one's other sites. */
export function registerAccount(scope: FastifyInstance, options: AccountPageOptions): void {
  const { pages, auth, sessions, sites } = options;

  scope.get('/account', async (request, reply) => {
    const context = await pages.contextOf(request, reply);
    const session = await sessions.find(request);
    if (session === undefined) return reply.redirect('/sign-in?return=/account', 303);
    const requester = sessions.requesterOf(request);
    const [profile, logins] = await Promise.all([
      auth.profile(session.tokens, requester),
      auth.sessionsOf(session.tokens, requester),
    ]);
    const others = await otherSites(context, profile.sites);
    return pages.render(
      context,
      { title: context.texts.account, body: accountBody(context, profile.user, logins, others), wide: true },
      { retryUrl: '/account' },
    );
  });

  scope.post('/account/sign-out', async (request, reply) => {
    const { context } = await act(request, reply);
    await sessions.end(request);
    clearCache(reply);
    return signedOut(context);
  });

  scope.post('/account/sign-out-everywhere', async (request, reply) => {
    const { context, session } = await act(request, reply);
    if (session !== undefined) {
      // Auth first: who asks for this must not be told that it is done when it is not.
      await auth.endLogin(session.tokens, 'all', sessions.requesterOf(request));
      await sessions.end(request);
      clearCache(reply);
    }
    return signedOut(context);
  });

  scope.post('/account/sessions', async (request, reply) => {
    const { session, filled } = await act(request, reply);
    if (session !== undefined && filled.id !== undefined && loginId.test(filled.id)) {
      await endOne(session, filled.id, sessions.requesterOf(request));
      // A login elsewhere that is not the user's may have learnt this browser's cookie, too.
      await sessions.changeId(request, session);
    }
    return reply.header('cache-control', 'no-store').redirect('/account', 303);
  });

  scope.post('/account/deletion', { config: { rateClass: 'login' } }, async (request, reply) => {
    const { context, session, filled } = await act(request, reply);
    const { texts } = context;
    if (session === undefined) return reply.redirect('/sign-in?return=/account', 303);
    try {
      await auth.deleteAccount(session.tokens, filled.password ?? '', sessions.requesterOf(request));
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      const wrong = filled.password ? sentence(texts, error) : texts.required;
      const body = html`${note('bad', wrong ?? error.title)}${deletionForm(context)}`;
      return pages.render(context, { title: texts.deleteAccount, body }, { status: error.statusCode });
    }
    await sessions.end(request);
    clearCache(reply);
    return pages.render(context, { title: texts.deleted, body: html`<p>${texts.deletedText}</p>` });
  });

  async function endOne(session: BrowserSession, id: string, requester: Requester): Promise<void> {
    try {
      await auth.endLogin(session.tokens, id, requester);
    } catch (error) {
      // It has ended since the page was made: all that was wanted.
      if (!(error instanceof Problem) || error.code !== 'session_not_found') throw error;
    }
  }

  async function act(request: FastifyRequest, reply: FastifyReply) {
    const context = await pages.contextOf(request, reply);
    const filled = (request.body ?? {}) as Filled;
    return { context, filled, session: await sessions.find(request) };
  }

  function signedOut(context: PageContext) {
    const { texts } = context;
    const body = html`<p>${texts.signedOutText}</p>${signInLink(texts, texts.signIn)}`;
    return pages.render(context, { title: texts.signedOut, body });
  }

  async function otherSites(context: PageContext, all: readonly { id: string; name: string }[]) {
    const others = all.filter(({ id }) => id !== context.site?.site).slice(0, MAX_SITES);
    const found = await Promise.all(others.map(async ({ id, name }) => ({ name, at: await sites.find(id) })));
    return found.flatMap(({ name, at }) => (at === undefined ? [] : [{ name, origin: at.origin }]));
  }
}

function accountBody(
  context: PageContext,
  user: SessionUser,
  logins: readonly UserLogin[],
  others: readonly { name: string; origin: string }[],
): Html {
  const { texts, formToken, client } = context;
  const csrf = hidden('csrf', formToken);
  const when = (iso: string): string =>
    Number.isNaN(Date.parse(iso)) ? '' : formatTime(texts.language, new Date(iso));
  const rows = logins.map(
    (
      login,
    ) => html`<li><div><strong>${formatDevice(texts.language, login.device)}</strong>${login.current && html` <span class="soft">(${texts.thisDevice})</span>`}
<br><span class="small soft">${[login.site, login.address, texts.lastUsed(when(login.lastUsedAt))].filter(Boolean).join(' · ')}</span></div>
${!login.current && html`<form method="post" action="/account/sessions">${csrf}${hidden('id', login.id)}<button class="quiet" aria-label="${texts.endLabel(formatDevice(texts.language, login.device))}">${texts.end}</button></form>`}</li>`,
  );
  const links = others.map(
    ({ name, origin }) =>
      html`<li><a href="${origin}/sso?from=${client.host.name}&amp;return=/account">${name}</a></li>`,
  );
  return html`<p class="soft">${texts.signedInAs(user.name || user.email)}</p>
<h2>${texts.otherSites}</h2>
${links.length > 0 ? html`<ul class="rows">${links}</ul>` : html`<p class="soft">${texts.noOtherSites}</p>`}
<h2>${texts.devices}</h2>
<ul class="rows">${rows}</ul>
<div class="actions">
<form method="post" action="/account/sign-out">${csrf}<button>${texts.signOut}</button><p class="small soft">${texts.signOutHint}</p></form>
<form method="post" action="/account/sign-out-everywhere">${csrf}<button class="danger">${texts.signOutEverywhere}</button><p class="small soft">${texts.signOutEverywhereHint}</p></form>
</div>
<h2>${texts.ownData}</h2>
<p><a href="/auth/me/export" download>${texts.exportData}</a></p>
<p class="small soft">${texts.exportHint}</p>
<details><summary>${texts.deleteAccount}</summary>
${deletionForm(context)}
</details>`;
}

function deletionForm({ texts, formToken }: PageContext): Html {
  return html`<form method="post" action="/account/deletion">${hidden('csrf', formToken)}
<p class="small soft">${texts.deleteHint}</p>
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password' })}
<button class="danger">${texts.deleteAccount}</button>
</form>`;
}
