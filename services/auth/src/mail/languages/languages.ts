import type { Catalogue } from '@gaia/i18n/catalogue';
import { de } from './de.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';
import type { MailTexts } from './mail-texts.ts';
import { zh } from './zh.ts';

export const mailTexts: Catalogue<MailTexts> = Object.freeze({ en, fr, de, zh });
