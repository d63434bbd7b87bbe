import { tokenPurposes } from '@gaia/tokens/purposes';
import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { LinkPurpose, LinkTokens } from '../tokens/link-tokens.ts';
import { type Language, languages } from './languages/languages.ts';
import type { MailFacts, MailText } from './languages/mail-texts.ts';
import { layOut } from './layout.ts';
import type { Mail, MailJob, NoticeKind } from './mail-job.ts';
import { recipientOf } from './recipient.ts';
import type { Sender, SiteLinks } from './site-links.ts';

export interface ComposeOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'issue'>;
  readonly siteLinks: SiteLinks;
  readonly from: string;
  now(): number;
}

interface Draft {
  readonly to: string;
  readonly sender: Sender;
  readonly text: MailText;
  readonly link?: string;
}

/** Pages that the links lead to; the page's button, never the GET, uses the token. */
export const linkPages: Readonly<Record<LinkPurpose, string>> = Object.freeze({
  emailVerification: '/verify',
  passwordReset: '/reset',
  emailChange: '/email-change',
  invitation: '/invitation',
});

type JobOf<Kind extends MailJob['kind']> = Extract<MailJob, { kind: Kind }>;

/** Writes the mail of a job from what is so now; undefined where there is nothing to send any more. */
export function createCompose(options: ComposeOptions) {
  const { database, linkTokens, siteLinks, from, now } = options;
  const language: Language = 'en';
  const texts = languages[language];
  const users = recipientOf(database);

  async function link(
    sender: Sender,
    purpose: LinkPurpose,
    claims: Parameters<LinkTokens['issue']>[1],
  ): Promise<string> {
    return `${sender.origin}${linkPages[purpose]}?token=${await linkTokens.issue(purpose, claims)}`;
  }

  function factsOf(sender: Sender, name: string, purpose?: LinkPurpose): MailFacts {
    const seconds = purpose === undefined ? 0 : tokenPurposes[purpose].lifetimeSeconds;
    return { site: sender.name, name, hours: seconds / 3_600, minutes: seconds / 60, days: seconds / 86_400 };
  }

  async function registration({ registration: id }: JobOf<'registration'>): Promise<Draft | undefined> {
    const row = await database.selectFrom('registrations').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.expires_at.getTime() <= now()) return undefined;
    const sender = await siteLinks.ofSite(row.site_id);
    const known = await users.byEmail(row.email_key);
    if (known?.disabled) return undefined;
    // The name that was given is in none of these: anybody could make us mail their words to a stranger.
    const facts = factsOf(sender, '', 'emailVerification');
    if (known?.emailVerifiedAt && (await users.isMember(known.id, row.site_id))) {
      return { to: known.email, sender, text: texts.registrationOfMember(facts) };
    }
    return {
      to: known?.email ?? row.email,
      sender,
      text: known?.emailVerifiedAt ? texts.registrationOfKnown(facts) : texts.registration(facts),
      link: await link(sender, 'emailVerification', { subject: row.id, email: row.email_key, isRegistration: true }),
    };
  }

  async function verification({ user: id, site }: JobOf<'verification'>): Promise<Draft | undefined> {
    const user = await users.byId(id);
    if (user === undefined || user.disabled || user.emailVerifiedAt !== null) return undefined;
    const sender = await siteLinks.ofUser(user, site);
    return {
      to: user.email,
      sender,
      text: texts.verification(factsOf(sender, user.name, 'emailVerification')),
      link: await link(sender, 'emailVerification', {
        subject: user.id,
        email: user.emailKey,
        credentialVersion: user.credentialVersion,
        linkVersion: user.linkVersion,
      }),
    };
  }

  async function passwordReset(job: JobOf<'password_reset'>): Promise<Draft | undefined> {
    const user = await users.byEmail(job.emailKey);
    if (user === undefined || user.disabled) return undefined;
    const sender = await siteLinks.ofUser(user, job.site);
    return {
      to: user.email,
      sender,
      text: texts.passwordReset(factsOf(sender, user.name, 'passwordReset')),
      link: await link(sender, 'passwordReset', {
        subject: user.id,
        email: user.emailKey,
        credentialVersion: user.credentialVersion,
        linkVersion: user.resetVersion,
      }),
    };
  }

  async function emailChange({ user: id, site }: JobOf<'email_change'>): Promise<Draft | undefined> {
    const user = await users.byId(id);
    if (user === undefined || user.disabled || user.pendingEmail === null || user.pendingEmailKey === null)
      return undefined;
    const sender = await siteLinks.ofUser(user, site);
    const to = user.pendingEmail;
    const taken = await users.byEmail(user.pendingEmailKey);
    if (taken !== undefined && taken.id !== user.id) {
      return { to, sender, text: texts.emailChangeTaken(factsOf(sender, '')) };
    }
    return {
      to,
      sender,
      text: texts.emailChange(factsOf(sender, user.name, 'emailChange')),
      link: await link(sender, 'emailChange', {
        subject: user.id,
        email: user.pendingEmailKey,
        credentialVersion: user.credentialVersion,
        linkVersion: user.linkVersion,
      }),
    };
  }

  async function invitation({ invitation: id }: JobOf<'invitation'>): Promise<Draft | undefined> {
    const row = await database.selectFrom('invitations').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.expires_at.getTime() <= now()) return undefined;
    const sender = await siteLinks.ofSite(row.site_id);
    return {
      to: row.email,
      sender,
      text: texts.invitation(factsOf(sender, '', 'invitation')),
      link: await link(sender, 'invitation', { subject: row.id, email: row.email_key }),
    };
  }

  const noticeTexts = {
    email_change_notice: texts.emailChangeNotice,
    email_changed: texts.emailChanged,
    password_changed: texts.passwordChanged,
    new_device: texts.newDevice,
    administrator_added: texts.administratorAdded,
    administrator_removed: texts.administratorRemoved,
  } satisfies Record<NoticeKind, unknown>;

  async function notice(job: JobOf<NoticeKind>): Promise<Draft | undefined> {
    const user = await users.byId(job.user);
    if (user === undefined) return undefined;
    const sender = await siteLinks.ofUser(user, job.site);
    const facts: MailFacts = {
      ...factsOf(sender, user.name),
      at: new Date(job.at),
      ...(job.address !== undefined && { address: job.address }),
      ...(job.device !== undefined && { device: job.device }),
      ...(job.account !== undefined && { account: job.account }),
    };
    return { to: job.recipient, sender, text: noticeTexts[job.kind](facts) };
  }

  function draft(job: MailJob): Promise<Draft | undefined> {
    switch (job.kind) {
      case 'registration':
        return registration(job);
      case 'verification':
        return verification(job);
      case 'password_reset':
        return passwordReset(job);
      case 'email_change':
        return emailChange(job);
      case 'invitation':
        return invitation(job);
      default:
        return notice(job);
    }
  }

  return async (id: string, job: MailJob): Promise<Mail | undefined> => {
    const made = await draft(job);
    if (made === undefined) return undefined;
    const { to, sender, text } = made;
    return {
      id,
      from: { name: sender.name, address: from },
      to,
      ...layOut(text, { site: sender.name, link: made.link, language }),
    };
  };
}
