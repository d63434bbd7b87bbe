import { Problem } from '@gaia/http-service/problem';
import { formatDevice, formatTime } from '@gaia/i18n/formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AskedFor, AuthClient, SignedInPlace } from '../sessions/auth-client.ts';
import type { Session, SessionUser } from '../sessions/session.ts';
import type { SessionCookie } from '../sessions/session-cookie.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import type { SiteDirectory } from '../sites/site-directory.ts';
import { type Desk, sentence, type Visit } from './desk.ts';
import type { FormTokens } from './form-tokens.ts';
import type { Filled } from './forms.ts';
import { type Html, html } from './html.ts';
import { field, hidden, note, signInLink } from './layout.ts';

export interface AccountPageOptions {
  readonly desk: Desk;
  readonly formTokens: FormTokens;
  readonly auth: Pick<AuthClient, 'profile' | 'sessionsOf' | 'endLogin' | 'deleteAccount'>;
  readonly signIns: SignIns;
  readonly sites: SiteDirectory;
  readonly cookie: SessionCookie;
}

const MAX_SITES = 50;
/** Ids of logins; it stands in a path, where `..` and the like would be another one. */
const loginId = /^[\w-]{8,64}(?:\.[\w-]{8,64})?$/;

/** `/account`: where one is signed in, signing out here or everywhere, and the way to one's other sites. */
export function registerAccount(scope: FastifyInstance, options: AccountPageOptions): void {
  const { desk, formTokens, auth, signIns, sites, cookie } = options;

  scope.get('/account', async (request, reply) => {
    const visit = await desk.receive(request, reply);
    const session = await signIns.find(request, visit.caller);
    if (session === undefined) return reply.redirect('/sign-in?return=/account', 303);
    const askedFor = signIns.askedFor(request, visit.caller);
    const [profile, places] = await Promise.all([
      auth.profile(session.tokens, askedFor),
      auth.sessionsOf(session.tokens, askedFor),
    ]);
    const others = await otherSites(visit, profile.sites);
    return desk.send(
      visit,
      { title: visit.texts.account, body: accountBody(visit, profile.user, places, others), wide: true },
      { again: '/account' },
    );
  });

  scope.post('/account/sign-out', async (request, reply) => {
    const { visit, session } = await act(request, reply);
    if (session !== undefined) await signIns.end(request, visit.caller, session);
    return signedOut(visit);
  });

  scope.post('/account/sign-out-everywhere', async (request, reply) => {
    const { visit, session } = await act(request, reply);
    if (session !== undefined) {
      // Auth first: who asks for this must not be told that it is done when it is not.
      await auth.endLogin(session.tokens, 'all', signIns.askedFor(request, visit.caller));
      await signIns.end(request, visit.caller, session);
    }
    return signedOut(visit);
  });

  scope.post('/account/sessions', async (request, reply) => {
    const { visit, session, filled } = await act(request, reply);
    if (session !== undefined && filled.id !== undefined && loginId.test(filled.id)) {
      await endOne(session, filled.id, signIns.askedFor(request, visit.caller));
      // Whoever was signed in elsewhere may have seen this browser's cookie too.
      const changed = await signIns.changeId(request, visit.caller, session);
      if (changed !== undefined) reply.header('set-cookie', changed.setCookie);
    }
    return reply.header('cache-control', 'no-store').redirect('/account', 303);
  });

  scope.post('/account/deletion', { config: { rateClass: 'login' } }, async (request, reply) => {
    const { visit, session, filled } = await act(request, reply);
    const { texts, caller } = visit;
    if (session === undefined) return reply.redirect('/sign-in?return=/account', 303);
    try {
      await auth.deleteAccount(session.tokens, filled.password ?? '', signIns.askedFor(request, caller));
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      const wrong = filled.password ? sentence(texts, error) : texts.required;
      const body = html`${note('bad', wrong ?? error.title)}${deletionForm(visit)}`;
      return desk.send(visit, { title: texts.deleteAccount, body }, { status: error.statusCode });
    }
    await signIns.end(request, caller, session);
    reply.header('set-cookie', cookie.clear(caller));
    return desk.send(visit, { title: texts.deleted, body: html`<p>${texts.deletedText}</p>` });
  });

  async function endOne(session: Session, id: string, askedFor: AskedFor): Promise<void> {
    try {
      await auth.endLogin(session.tokens, id, askedFor);
    } catch (error) {
      // It has ended since the page was made: all that was wanted.
      if (!(error instanceof Problem) || error.code !== 'session_not_found') throw error;
    }
  }

  async function act(request: FastifyRequest, reply: FastifyReply) {
    const visit = await desk.receive(request, reply);
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, visit.caller, filled.csrf);
    return { visit, filled, session: await signIns.find(request, visit.caller) };
  }

  function signedOut(visit: Visit) {
    const { texts, reply, caller } = visit;
    reply.header('set-cookie', cookie.clear(caller));
    const body = html`<p>${texts.signedOutText}</p>${signInLink(texts, texts.signIn)}`;
    return desk.send(visit, { title: texts.signedOut, body });
  }

  async function otherSites(visit: Visit, all: readonly { id: string; name: string }[]) {
    const others = all.filter(({ id }) => id !== visit.site?.site).slice(0, MAX_SITES);
    const found = await Promise.all(others.map(async ({ id, name }) => ({ name, at: await sites.find(id) })));
    return found.flatMap(({ name, at }) => (at === undefined ? [] : [{ name, origin: at.origin }]));
  }
}

function accountBody(
  visit: Visit,
  user: SessionUser,
  places: readonly SignedInPlace[],
  others: readonly { name: string; origin: string }[],
): Html {
  const { texts, formToken, caller } = visit;
  const csrf = hidden('csrf', formToken);
  const when = (iso: string): string =>
    Number.isNaN(Date.parse(iso)) ? '' : formatTime(texts.language, new Date(iso));
  const rows = places.map(
    (
      place,
    ) => html`<li><div><strong>${formatDevice(texts.language, place.device)}</strong>${place.current && html` <span class="soft">(${texts.thisDevice})</span>`}
<br><span class="small soft">${[place.site, place.address, texts.lastUsed(when(place.lastUsedAt))].filter(Boolean).join(' · ')}</span></div>
${!place.current && html`<form method="post" action="/account/sessions">${csrf}${hidden('id', place.id)}<button class="quiet" aria-label="${texts.endLabel(formatDevice(texts.language, place.device))}">${texts.end}</button></form>`}</li>`,
  );
  const links = others.map(
    ({ name, origin }) =>
      html`<li><a href="${origin}/sso?from=${caller.host.name}&amp;return=/account">${name}</a></li>`,
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
${deletionForm(visit)}
</details>`;
}

function deletionForm({ texts, formToken }: Visit): Html {
  return html`<form method="post" action="/account/deletion">${hidden('csrf', formToken)}
<p class="small soft">${texts.deleteHint}</p>
${field({ name: 'password', label: texts.password, type: 'password', autocomplete: 'current-password' })}
<button class="danger">${texts.deleteAccount}</button>
</form>`;
}
