import type { Problem } from '@gaia/http-service/problem';
import type { Filled } from './forms.ts';
import { sentence } from './page-renderer.ts';
import type { Texts } from './texts/texts.ts';

const fieldsOfCodes: Readonly<Record<string, string>> = {
  password_required: 'password',
  password_too_weak: 'password',
  username_taken: 'username',
  username_reserved: 'username',
  username_confusable: 'username',
};

/** Which field a refusal of auth is about, and what is said there. */
export function errorsOf(error: Problem, texts: Texts): Filled {
  const wanted = fieldsOfCodes[error.code];
  if (wanted !== undefined) {
    // Auth says why in English.
    const why = error.code === 'password_too_weak' && texts.language === 'en' ? (error.detail ?? '') : '';
    return { [wanted]: `${sentence(texts, error) ?? texts.required} ${why}`.trim() };
  }
  const errors: Record<string, string> = {};
  for (const { path } of error.errors ?? []) {
    const name = path.replace(/^\/body\//, '');
    if (/^(?:email|password|name|username)$/.test(name)) errors[name] = texts.refusals.validation_failed;
  }
  return errors;
}
