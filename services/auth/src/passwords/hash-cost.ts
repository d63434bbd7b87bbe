/** Cost of argon2id (RFC 9106 §3.1). */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** How many of the stored hashes were made at a cost. */
export interface CostShare {
  readonly cost: HashCost;
  readonly hashes: number;
}

/** The cost as it stands in a PHC string. */
export function costText({ memoryKib, passes, lanes }: HashCost): string {
  return `m=${memoryKib},t=${passes},p=${lanes}`;
}

/** Reads the cost of a PHC string; undefined for text that is none. */
export function readCost(text: string): HashCost | undefined {
  const [, memoryKib, passes, lanes] = /^m=(\d{1,9}),t=(\d{1,6}),p=(\d{1,3})$/.exec(text) ?? [];
  if (memoryKib === undefined) return undefined;
  return { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) };
}
