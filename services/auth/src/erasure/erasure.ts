import type { OutboxWorker } from '../outbox/worker.ts';
import { createEraseUser, type EraseUser, type EraseUserOptions } from './erase-user.ts';
import { createErasureWorker, type ErasureWorkerOptions } from './erasure-worker.ts';

/** Deletes users here, and has the other services erase what they keep of them. */
export function createErasure(options: Omit<EraseUserOptions, 'wake'> & Omit<ErasureWorkerOptions, 'random'>): {
  readonly eraseUser: EraseUser;
  readonly erasureWorker: OutboxWorker;
} {
  const erasureWorker = createErasureWorker({ ...options, random: Math.random });
  return { erasureWorker, eraseUser: createEraseUser({ ...options, wake: erasureWorker.wake }) };
}
