/** Round robin over the addresses of the gateways. */
export interface GatewayBalancer {
  next(): string;
  use(addresses: readonly string[]): void;
  exclude(address: string): void;
}

export function createGatewayBalancer(): GatewayBalancer {
  let known: readonly string[] = [];
  let turn = 0;
  return {
    next() {
      turn += 1;
      const address = known[turn % known.length];
      if (address === undefined) throw new Error('no gateway is available');
      return address;
    },
    use(addresses) {
      known = addresses;
    },
    exclude(address) {
      known = known.filter((each) => each !== address);
    },
  };
}
