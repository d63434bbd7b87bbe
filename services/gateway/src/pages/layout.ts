import type { Language } from '@gaia/i18n/language';
import { type Html, html } from './html.ts';
import { style, styleHash } from './style.ts';
import { type Texts, texts as textsIn } from './texts/texts.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly wide?: boolean;
}

export interface Surroundings {
  readonly texts: Texts;
  readonly siteName: string;
  /** Path of the page in another language, or undefined where it cannot be asked for again. */
  readonly inLanguage: ((language: Language) => string) | undefined;
}

/** A whole document. Nothing in it is a script, and nothing is loaded. */
export function renderDocument(page: Page, { texts, siteName, inLanguage }: Surroundings): string {
  const others = Object.values(textsIn).map((other) =>
    other.language === texts.language
      ? html`<li><span lang="${other.language}" aria-current="true">${other.languageName}</span></li>`
      : html`<li><a href="${inLanguage?.(other.language)}" lang="${other.language}" hreflang="${other.language}">${other.languageName}</a></li>`,
  );
  const document = html`<!doctype html>
<html lang="${texts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title} · ${siteName}</title>
<style>${{ markup: style }}</style>
</head>
<body${page.wide === true ? html` class="wide"` : undefined}>
<a class="skip" href="#content">${texts.skip}</a>
<header>${siteName}</header>
<main id="content">
<h1>${page.title}</h1>
${page.body}
</main>
<footer>${inLanguage !== undefined && html`<nav aria-label="${texts.language_choice}"><ul>${others}</ul></nav>`}</footer>
</body>
</html>
`;
  return document.markup;
}

/** Nothing but the one style; forms go to this site, and where `leadsTo` says that their answer leads on to. */
export function contentSecurityPolicy(leadsTo?: string): string {
  return (
    `default-src 'none'; style-src ${styleHash}; base-uri 'none'; frame-ancestors 'none'; ` +
    `form-action 'self'${leadsTo === undefined ? '' : ` ${leadsTo}`}`
  );
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'password';
  /** HTML Standard §4.10.18.7: what password managers go by. */
  readonly autocomplete: string;
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly optional?: string | undefined;
  readonly autofocus?: boolean;
  /** Shown, so that password managers know whose password it is, and not to be changed. */
  readonly isFixed?: boolean;
}

/** A labelled input; hint and error are tied to it, so that they are read out with it. */
export function field(options: Field): Html {
  const { name, label, type, value, hint, error, optional } = options;
  const described = [hint !== undefined && `${name}-hint`, error !== undefined && `${name}-error`].filter(Boolean);
  return html`<div class="field">
<label for="${name}">${label}${optional !== undefined && html` <span class="soft">(${optional})</span>`}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${options.autocomplete}" maxlength="${type === 'password' ? 1024 : 320}"${value !== undefined && html` value="${value}"`}${options.isFixed === true ? html` readonly` : optional === undefined && html` required`}${options.autofocus === true && html` autofocus`}${error !== undefined && html` aria-invalid="true"`}${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}${type !== 'text' || name === 'name' ? undefined : html` autocapitalize="none" spellcheck="false"`}>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${error !== undefined && html`<p class="error" id="${name}-error">${error}</p>`}
</div>`;
}

export function hidden(name: string, value: string | undefined): Html | undefined {
  return value === undefined ? undefined : html`<input type="hidden" name="${name}" value="${value}">`;
}

/** What went wrong, or well; announced by screen readers when the page comes. */
export function note(kind: 'bad' | 'good', text: string | undefined): Html | undefined {
  if (text === undefined) return undefined;
  return html`<div class="note ${kind}" role="${kind === 'bad' ? 'alert' : 'status'}">${text}</div>`;
}

/** That fields are wrong, and which: announced, and each a link to its field (WCAG 2.2, technique G139). */
export function errorSummary(text: string, fields: readonly { readonly name: string; readonly label: string }[]): Html {
  const links = fields.map(({ name, label }) => html`<li><a href="#${name}">${label}</a></li>`);
  return html`<div class="note bad" role="alert"><p>${text}</p><ul>${links}</ul></div>`;
}

export function signInLink(texts: Texts, label: string): Html {
  return html`<div class="links"><p><a href="/sign-in?lang=${texts.language}">${label}</a></p></div>`;
}
