import type { Catalogue } from '@gaia/i18n/catalogue';
import { de } from './de.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';
import { zh } from './zh.ts';

export type Texts = typeof en;
export type RefusalText = keyof Texts['refusals'];

export const texts: Catalogue<Texts> = Object.freeze({ en, fr, de, zh });
