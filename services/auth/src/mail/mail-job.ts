import type { Language } from '@gaia/i18n/language';

/**
 * What a mail is about. It holds ids and never a token: a reader of the table cannot use a link, and what has changed
 * by the time of sending is taken into account.
 */
export type MailJob =
  /** A registration with an address; whether it is known here is found out when the mail is written. */
  | { readonly kind: 'registration'; readonly registration: string }
  /** A user wants to show that the present address is theirs. */
  | { readonly kind: 'verification'; readonly user: string; readonly site?: string | undefined }
  /** A request for a new password, for an address that may be unknown. */
  | { readonly kind: 'password_reset'; readonly emailKey: string; readonly site?: string | undefined }
  | { readonly kind: 'email_change'; readonly user: string; readonly site?: string | undefined }
  | { readonly kind: 'invitation'; readonly invitation: string }
  /** Notices go to the address that the user had when it happened. */
  | {
      readonly kind: NoticeKind;
      readonly user: string;
      readonly recipient: string;
      readonly at: number;
      readonly site?: string | undefined;
      readonly address?: string | undefined;
      readonly device?: string | undefined;
      /** The address of the account that it is about, where that is not the recipient's. */
      readonly account?: string | undefined;
    };

/** A job as it is stored. */
export type QueuedMailJob = MailJob & {
  /** Of the request that caused it. Absent in jobs of versions that wrote every mail in English. */
  readonly language?: string | undefined;
};

export type NoticeKind =
  | 'email_change_notice'
  | 'email_changed'
  | 'password_changed'
  | 'new_device'
  | 'administrator_added'
  | 'administrator_removed';

/** A mail as it goes out. */
export interface Mail {
  readonly language: Language;
  /** The same at every attempt, so that a mail that was sent twice can be told from two mails. */
  readonly id: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
