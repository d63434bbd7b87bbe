/** The addresses of the gateways, in turns: what a balancer before them would do. */
export interface Door {
  /** The address for the next request. */
  next(): string;
  /** Exactly these from now on. */
  open(addresses: readonly string[]): void;
  leaveOut(address: string): void;
}

export function openDoor(): Door {
  let known: readonly string[] = [];
  let turn = 0;
  return {
    next() {
      turn += 1;
      const address = known[turn % known.length];
      if (address === undefined) throw new Error('there is no gateway');
      return address;
    },
    open(addresses) {
      known = addresses;
    },
    leaveOut(address) {
      known = known.filter((each) => each !== address);
    },
  };
}
