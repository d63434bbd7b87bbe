import type { VariantRecords } from './variant-records.ts';

/** A later request has it made again. */
const UNUSED_FOR_MS = 30 * 86_400_000;

/** Lets go of variants that were not asked for in a month; their bytes are removed with all that no file stands for. */
export async function collectVariants(records: Pick<VariantRecords, 'removeUnusedSince'>, now: number): Promise<void> {
  while ((await records.removeUnusedSince(new Date(now - UNUSED_FOR_MS))) > 0);
}
