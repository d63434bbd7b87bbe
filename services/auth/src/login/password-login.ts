import type { RecordStore } from '@gaia/state/state';
import { createFinalisation } from './finalisation.ts';
import { createKnownDevices, type KnownDevicesOptions } from './known-devices.ts';
import { createLogin, type LoginOptions } from './login.ts';
import { createRefusedAttempts } from './refused-attempts.ts';

type PasswordLoginOptions = Omit<LoginOptions, 'devices' | 'refusedAttempts' | 'finalise'> &
  KnownDevicesOptions & { readonly records: Pick<RecordStore, 'add'> };

/** The login with what it does besides: it is audited, devices are remembered, and refused attempts noted. */
export function createPasswordLogin(options: PasswordLoginOptions) {
  return createLogin({
    ...options,
    devices: createKnownDevices(options),
    finalise: createFinalisation(options),
    refusedAttempts: createRefusedAttempts(options),
  });
}
