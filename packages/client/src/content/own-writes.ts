/** The newest change that this client has made: what is read after it must show it. */
export interface OwnWrites {
  /** Position in the change feed; undefined before the first write. */
  latest(): string | undefined;
  made(seq: unknown): void;
}

export function createOwnWrites(): OwnWrites {
  let latest: bigint | undefined;
  return {
    latest: () => latest?.toString(),
    made(seq) {
      if (typeof seq !== 'string' || !/^\d{1,20}$/.test(seq)) return;
      const made = BigInt(seq);
      if (latest === undefined || made > latest) latest = made;
    },
  };
}
