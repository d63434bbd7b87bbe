import { formatDevice, formatDuration, formatTime } from '@gaia/i18n/formats';
import { defaultLanguage, languageOfTag } from '@gaia/i18n/language';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { LinkPurpose, LinkTokens } from '../tokens/link-tokens.ts';
import { mailTexts } from './languages/languages.ts';
import type { MailTexts } from './languages/mail-texts.ts';
import { layOut } from './layout.ts';
import type { Mail, MailJob, NoticeKind, QueuedMailJob } from './mail-job.ts';
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
  readonly text: keyof MailTexts;
  /** The recipient's name. */
  readonly name?: string;
  readonly link?: Link;
  readonly notice?: JobOf<NoticeKind>;
  /** Where it is not that of the job. */
  readonly language?: string | undefined;
}

interface Link {
  readonly url: string;
  readonly purpose: LinkPurpose;
}

/** Pages that the links lead to; the page's button, never the GET, uses the token. */
export const linkPages: Readonly<Record<LinkPurpose, string>> = Object.freeze({
  emailVerification: '/verify',
  passwordReset: '/reset',
  emailChange: '/email-change',
  invitation: '/invitation',
});

type JobOf<Kind extends MailJob['kind']> = Extract<MailJob, { kind: Kind }>;

const noticeTexts: Readonly<Record<NoticeKind, keyof MailTexts>> = {
  email_change_notice: 'emailChangeNotice',
  email_changed: 'emailChanged',
  password_changed: 'passwordChanged',
  new_device: 'newDevice',
  administrator_added: 'administratorAdded',
  administrator_removed: 'administratorRemoved',
};

/** Writes the mail of a job from what is so now; undefined where there is nothing to send any more. */
export function createCompose(options: ComposeOptions) {
  const { database, linkTokens, siteLinks, from, now } = options;
  const users = recipientOf(database);

  async function link(sender: Sender, purpose: LinkPurpose, claims: Parameters<LinkTokens['issue']>[1]): Promise<Link> {
    const token = await linkTokens.issue(purpose, claims);
    return { purpose, url: `${sender.origin}${linkPages[purpose]}?token=${token}` };
  }

  async function registration({ registration: id }: JobOf<'registration'>): Promise<Draft | undefined> {
    const row = await database.selectFrom('registrations').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined || row.expires_at.getTime() <= now()) return undefined;
    const sender = await siteLinks.ofSite(row.site_id);
    const known = await users.byEmail(row.email_key);
    if (known?.disabled) return undefined;
    // The name that was given is in none of these: an attacker could send text of their choice to a stranger.
    if (known?.emailVerifiedAt && (await users.isMember(known.id, row.site_id))) {
      return { to: known.email, sender, text: 'registrationOfMember' };
    }
    return {
      to: known?.email ?? row.email,
      sender,
      text: known?.emailVerifiedAt ? 'registrationOfKnown' : 'registration',
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
      text: 'verification',
      name: user.name,
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
      text: 'passwordReset',
      name: user.name,
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
    if (taken !== undefined && taken.id !== user.id) return { to, sender, text: 'emailChangeTaken' };
    return {
      to,
      sender,
      text: 'emailChange',
      name: user.name,
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
      text: 'invitation',
      link: await link(sender, 'invitation', { subject: row.id, email: row.email_key }),
    };
  }

  async function notice(job: JobOf<NoticeKind>): Promise<Draft | undefined> {
    const user = await users.byId(job.user);
    if (user === undefined) return undefined;
    const sender = await siteLinks.ofUser(user, job.site);
    const language = await users.languageOf(user.id);
    return { to: job.recipient, sender, text: noticeTexts[job.kind], name: user.name, notice: job, language };
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

  return async (id: string, job: QueuedMailJob): Promise<Mail | undefined> => {
    const made = await draft(job);
    if (made === undefined) return undefined;
    const { to, sender, name = '', link, notice: about } = made;
    const language = languageOfTag(made.language ?? job.language) ?? defaultLanguage;
    const text = mailTexts[language][made.text]({
      site: sender.name,
      name,
      validity: link === undefined ? '' : formatDuration(language, tokenPurposes[link.purpose].lifetimeSeconds),
      time: about === undefined ? '' : formatTime(language, new Date(about.at)),
      address: about?.address ?? '',
      device: formatDevice(language, about?.device),
      account: about?.account ?? '',
    });
    return {
      id,
      language,
      from: { name: sender.name, address: from },
      to,
      ...layOut(text, { site: sender.name, link: link?.url, language }),
    };
  };
}
