import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance } from 'fastify';
import { type AccountPageOptions, registerAccount } from './account.ts';
import { registerForgot } from './forgot.ts';
import { takeForms } from './forms.ts';
import { type LinkPagesOptions, registerLinkPages } from './links.ts';
import { registerRegistration } from './register.ts';
import { registerSignIn, type SignInPageOptions } from './sign-in.ts';

export type PagesOptions = AccountPageOptions & LinkPagesOptions & SignInPageOptions;

/**
 * Every page that a person sees; what is refused on the way to one is shown as a page too. `registerWays` adds the
 * routes that lead people to and from pages, whose refusals they see as well.
 */
export async function registerPages(
  app: Service,
  options: PagesOptions,
  registerWays: (app: Service) => void,
): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain as unknown as FastifyInstance;
    takeForms(scope);
    scope.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    options.desk.showRefusals(scope);
    registerSignIn(scope, options);
    registerRegistration(scope, options);
    registerForgot(scope, options);
    registerLinkPages(scope, options);
    registerAccount(scope, options);
    registerWays(plain as unknown as Service);
  });
}
