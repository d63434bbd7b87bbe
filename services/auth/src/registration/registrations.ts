import type { Throttles } from '../throttling/throttles.ts';
import { type AcceptanceOptions, createAcceptance } from './acceptance.ts';
import { createInvitations, type InvitationsOptions } from './invitations.ts';
import { createRegister, type RegisterOptions } from './register.ts';
import { createVerification, type VerifyOptions } from './verify.ts';

type RegistrationOptions = Omit<
  RegisterOptions & InvitationsOptions & VerifyOptions & AcceptanceOptions,
  'throttle'
> & {
  readonly throttles: Pick<Throttles, 'mailOf'>;
};

/** How people come to a site: they register there, or are invited, and prove their address. */
export function createRegistrations(options: RegistrationOptions) {
  const { throttles } = options;
  return {
    register: createRegister({ ...options, throttle: throttles.mailOf('register') }),
    verification: createVerification(options),
    invitations: createInvitations({ ...options, throttle: throttles.mailOf('invite') }),
    acceptance: createAcceptance(options),
  };
}
