import { en } from './en.ts';
import type { MailTexts } from './mail-texts.ts';

/** Languages that mails can be written in. */
export const languages = Object.freeze({ en } satisfies Record<string, MailTexts>);

export type Language = keyof typeof languages;
