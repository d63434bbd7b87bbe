import type { Throttles } from '../throttling/throttles.ts';
import { type AccountEmailOptions, createAccountEmail } from './account-email.ts';
import { type AddressProofOptions, createAddressProof } from './address-proof.ts';
import { createForgot } from './forgot-password.ts';
import { createReset, type ResetOptions } from './reset-password.ts';
import { createSelfService, type SelfServiceOptions } from './self-service.ts';
import { createSetPassword, type SetPasswordOptions } from './set-password.ts';
import { createUsers, type UsersOptions } from './users.ts';

type AccountsOptions = Omit<
  SelfServiceOptions & AccountEmailOptions & AddressProofOptions & ResetOptions & SetPasswordOptions & UsersOptions,
  'proof' | 'throttle'
> & { readonly throttles: Pick<Throttles, 'mailOf'> };

/** What administrators do with accounts, what users do with their own, and how an address is proved. */
export function createAccounts(options: AccountsOptions) {
  const { throttles } = options;
  const proof = createAddressProof(options);
  return {
    proof,
    users: createUsers(options),
    setPassword: createSetPassword(options),
    account: createSelfService(options),
    accountEmail: createAccountEmail({ ...options, proof, throttle: throttles.mailOf('email') }),
    forgot: createForgot({ ...options, throttle: throttles.mailOf('forgot') }),
    reset: createReset({ ...options, proof }),
  };
}
