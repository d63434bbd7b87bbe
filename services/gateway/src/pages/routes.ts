import type { Service } from '@gaia/http-service/service';
import type { FastifyInstance } from 'fastify';
import { registerSso, type SsoOptions } from '../sso/routes.ts';
import { type AccountPageOptions, registerAccount } from './account.ts';
import { registerForgot } from './forgot.ts';
import { takeForms } from './forms.ts';
import { type LinkPagesOptions, registerLinkPages } from './links.ts';
import { registerRegistration } from './register.ts';
import { registerSignIn, type SignInPageOptions } from './sign-in.ts';

export type PagesOptions = SsoOptions & AccountPageOptions & LinkPagesOptions & SignInPageOptions;

/** Every page that a person sees; what is refused on the way to one is shown as a page too. */
export async function registerPages(app: Service, options: PagesOptions): Promise<void> {
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
    registerSso(plain as unknown as Service, options);
  });
}
