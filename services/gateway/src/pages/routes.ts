import type { FastifyInstance } from 'fastify';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { requireFormTokens } from '../csrf/form-csrf-hook.ts';
import { type AccountPageOptions, registerAccount } from './account.ts';
import { registerForgot } from './forgot.ts';
import { takeForms } from './forms.ts';
import { type LinkPagesOptions, registerLinkPages } from './links.ts';
import { registerRegistration } from './register.ts';
import { registerSignIn, type SignInPageOptions } from './sign-in.ts';

export type PagesOptions = AccountPageOptions &
  LinkPagesOptions &
  SignInPageOptions & { readonly cookies: CookieSettings; readonly clientInfoOf: ClientInfoOf };

/** Every page that a person sees; problems on the way to one are shown as pages, too. */
export async function registerPages(scope: FastifyInstance, options: PagesOptions): Promise<void> {
  takeForms(scope);
  scope.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, hide: true };
  });
  await requireFormTokens(scope, options);
  options.pages.showProblems(scope);
  registerSignIn(scope, options);
  registerRegistration(scope, options);
  registerForgot(scope, options);
  registerLinkPages(scope, options);
  registerAccount(scope, options);
}
