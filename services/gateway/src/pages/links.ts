import { Problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';
import type { AuthClient } from '../sessions/auth-client.ts';
import type { SignIns } from '../sessions/sign-ins.ts';
import { type Desk, sentence, type Visit } from './desk.ts';
import type { FormTokens } from './form-tokens.ts';
import type { Filled } from './forms.ts';
import { type Html, html } from './html.ts';
import { errorSummary, field, hidden, note, signInLink } from './layout.ts';
import { errorsOf } from './register.ts';

export interface LinkPagesOptions {
  readonly desk: Desk;
  readonly formTokens: FormTokens;
  readonly auth: Pick<AuthClient, 'submit'>;
  readonly signIns: Pick<SignIns, 'askedFor' | 'find' | 'changeId'>;
}

interface Failed {
  readonly refusal?: Problem;
  readonly errors?: Filled;
}

interface Step {
  readonly path: string;
  /** Where auth takes it. */
  readonly endpoint: string;
  /** Title, and what is above and between the fields. */
  show(visit: Visit, token: string, failed: Failed, filled: Filled): { title: string; fields: Html; button: string };
  /** What is sent; undefined where something is missing. */
  body(filled: Filled): Record<string, string> | undefined;
  done(visit: Visit, answer: Record<string, unknown>): { title: string; text: string };
  /** Whether it changes what a session of this browser stands for. */
  readonly changesPrivilege?: true;
}

const intro = (text: string): Html => html`<p>${text}</p>`;

const newPassword = ({ texts }: Visit, errors: Filled | undefined): Html =>
  field({
    name: 'password',
    label: texts.newPassword,
    type: 'password',
    autocomplete: 'new-password',
    hint: texts.passwordHint,
    error: errors?.password,
    autofocus: true,
  });

const steps: readonly Step[] = [
  {
    path: '/verify',
    endpoint: '/auth/verify',
    show: ({ texts }) => ({ title: texts.verify, fields: intro(texts.verifyIntro), button: texts.confirm }),
    body: ({ token }) => (token ? { token } : undefined),
    done: ({ texts }) => ({ title: texts.verifyDone, text: texts.verifyDoneText }),
  },
  {
    path: '/reset',
    endpoint: '/auth/reset',
    show: (visit, _token, { errors }) => ({
      title: visit.texts.reset,
      fields: newPassword(visit, errors),
      button: visit.texts.setPassword,
    }),
    body: ({ token, password }) => (token && password ? { token, password } : undefined),
    done: ({ texts }) => ({ title: texts.resetDone, text: texts.resetDoneText }),
  },
  {
    path: '/email-change',
    endpoint: '/auth/email-change',
    show: ({ texts }) => ({ title: texts.emailChange, fields: intro(texts.emailChangeIntro), button: texts.confirm }),
    body: ({ token }) => (token ? { token } : undefined),
    done: ({ texts }) => ({ title: texts.emailChanged, text: texts.emailChangedText }),
    changesPrivilege: true,
  },
];

/** What a refused link is shown as: its form is of no use any more. */
const spent = new Set(['link_invalid', 'link_expired', 'registration_closed']);

/**
 * The pages that mails link to. A GET only shows a button, because scanners follow the links of mails; the address with
 * the token is left by the click, and no other site is ever told of it.
 */
export function registerLinkPages(scope: FastifyInstance, options: LinkPagesOptions): void {
  for (const step of steps) registerStep(scope, options, step);
  registerInvitation(scope, options);
}

function registerStep(scope: FastifyInstance, options: LinkPagesOptions, step: Step): void {
  const { desk, formTokens, auth, signIns } = options;

  scope.get(step.path, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    reply.header('referrer-policy', 'strict-origin');
    return show(visit, (request.query as Filled).token ?? '', {}, {});
  });

  scope.post(step.path, { config: { rateClass: 'login' } }, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, visit.caller, filled.csrf);
    const token = filled.token ?? '';
    if (token === '') return show(visit, token, { refusal: incomplete(visit) }, filled);
    const body = step.body(filled);
    if (body === undefined) return show(visit, token, { errors: { password: visit.texts.required } }, filled);
    try {
      const askedFor = signIns.askedFor(request, visit.caller);
      const answer = await auth.submit(step.endpoint, body, visit.site?.site, askedFor);
      if (step.changesPrivilege === true) await changeIdOfSession(visit);
      const { title, text } = step.done(visit, answer);
      const done = html`<p>${text}</p>${signInLink(visit.texts, visit.texts.signIn)}`;
      return desk.send(visit, { title, body: done });
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(visit, token, { refusal: error, errors: errorsOf(error, visit.texts) }, filled);
    }
  });

  async function changeIdOfSession({ request, reply, caller }: Visit): Promise<void> {
    try {
      const session = await signIns.find(request, caller);
      const changed = session && (await signIns.changeId(request, caller, session));
      if (changed !== undefined) reply.header('set-cookie', changed.setCookie);
    } catch (error) {
      // The link has been used; nobody must be told that it did not work.
      request.log.warn({ err: error }, 'a session keeps its id');
    }
  }

  function show(visit: Visit, token: string, failed: Failed, filled: Filled) {
    const { title, fields, button } = step.show(visit, token, failed, filled);
    return desk.send(visit, linkPage(visit, { path: step.path, token, title, fields, button, failed }), {
      status: failed.refusal?.statusCode ?? (failed.errors === undefined ? 200 : 400),
      again: undefined,
    });
  }
}

/** Some mail programs cut long links. */
function incomplete({ texts }: Visit): Problem {
  return new Problem('link_invalid', { status: 400, title: texts.refusals.link_invalid });
}

function linkPage(
  visit: Visit,
  of: { path: string; token: string; title: string; fields: Html; button: string; failed: Failed },
) {
  const { texts } = visit;
  const { refusal, errors = {} } = of.failed;
  const wrong = refusal && (sentence(texts, refusal) ?? texts.refusals.validation_failed);
  const labels = { name: texts.name, username: texts.username, password: texts.newPassword };
  const marked = Object.entries(labels).flatMap(([name, label]) => (errors[name] ? [{ name, label }] : []));
  if (refusal !== undefined && spent.has(refusal.code)) {
    return { title: texts.somethingWrong, body: html`${note('bad', wrong)}${signInLink(texts, texts.back)}` };
  }
  return {
    title: of.title,
    body: html`${marked.length > 0 ? errorSummary(texts.checkForm, marked) : note('bad', wrong)}
<form method="post" action="${of.path}">
${hidden('csrf', visit.formToken)}${hidden('token', of.token)}
${of.fields}
<button class="full">${of.button}</button>
</form>`,
  };
}

/** `/invitation` first asks what it is for, which consumes nothing, and then takes it. */
function registerInvitation(scope: FastifyInstance, options: LinkPagesOptions): void {
  const { desk, formTokens, auth, signIns } = options;
  const path = '/invitation';

  scope.get(path, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    reply.header('referrer-policy', 'strict-origin');
    const token = (request.query as Filled).token ?? '';
    const { invitation: title, invitationIntro, goOn: button } = visit.texts;
    const fields = html`${intro(invitationIntro)}${hidden('step', 'details')}`;
    return desk.send(visit, linkPage(visit, { path, token, title, fields, button, failed: {} }));
  });

  scope.post(path, { config: { rateClass: 'login' } }, async (request, reply) => {
    const visit = await desk.receive(request, reply);
    const { texts, caller } = visit;
    const filled = (request.body ?? {}) as Filled;
    formTokens.check(request, caller, filled.csrf);
    const { token = '', step, password, name, username } = filled;
    if (token === '') return show(visit, filled, {}, { refusal: incomplete(visit) });
    const submit = (endpoint: string, body: Record<string, string>) =>
      auth.submit(endpoint, body, visit.site?.site, signIns.askedFor(request, caller));
    let details: Record<string, unknown> = {};
    try {
      details = await submit('/auth/invitation/details', { token });
      const hasAccount = details.has_account === true;
      if (step === 'details' || (!hasAccount && !password)) {
        return show(visit, filled, details, step === 'details' ? {} : { errors: { password: texts.required } });
      }
      const own = hasAccount ? {} : { password: password ?? '', ...(name && { name }), ...(username && { username }) };
      await submit('/auth/invitation', { token, ...own });
    } catch (error) {
      if (!(error instanceof Problem) || error.statusCode >= 500) throw error;
      return show(visit, filled, details, { refusal: error, errors: errorsOf(error, texts) });
    }
    const joined = html`<p>${texts.joinedText(String(details.site_name ?? ''))}</p>${signInLink(texts, texts.signIn)}`;
    return desk.send(visit, { title: texts.joined, body: joined });
  });

  function show(visit: Visit, filled: Filled, details: Record<string, unknown>, failed: Failed) {
    const { texts } = visit;
    const { errors } = failed;
    const fields = html`<p class="soft">${String(details.email ?? '')}</p>
${
  details.has_account !== true &&
  html`${field({ name: 'name', label: texts.name, type: 'text', autocomplete: 'name', value: filled.name, error: errors?.name, optional: texts.optional })}
${field({ name: 'username', label: texts.username, type: 'text', autocomplete: 'username', value: filled.username, error: errors?.username, optional: texts.optional })}
${newPassword(visit, errors)}`
}`;
    const title = texts.invitedTo(String(details.site_name ?? visit.siteName));
    const page = linkPage(visit, { path, token: filled.token ?? '', title, fields, button: texts.join, failed });
    return desk.send(visit, page, { status: failed.refusal?.statusCode ?? (errors === undefined ? 200 : 400) });
  }
}
