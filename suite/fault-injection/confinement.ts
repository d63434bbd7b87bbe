import type { Cluster } from './cluster.ts';

/** Part of the output of `docker inspect`. */
export interface ContainerState {
  readonly Name: string;
  readonly Config: { readonly User: string };
  readonly State: { readonly Health?: { readonly Status: string } };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number | null;
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string }[] | null>> | null;
  };
}

/** Throws unless every container is healthy and confined, and only the gateway's port is published, on the loopback address. */
export async function checkConfinement(cluster: Cluster): Promise<void> {
  const problems = (await cluster.inspect()).flatMap((container) =>
    problemsOf(container).map((problem) => `${container.Name}: ${problem}`),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function problemsOf({ Name: name, Config: config, State: state, HostConfig: host }: ContainerState): string[] {
  const published = Object.entries(host.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostIp: address }) => `${address}:${port}`),
  );
  const allowed = name.includes('-gateway-') ? '127.0.0.1:8080/tcp' : '';
  const expected: readonly (readonly [string, boolean])[] = [
    ['is not healthy', state.Health?.Status === 'healthy'],
    ['runs as root', !['', '0', 'root'].includes(config.User.split(':', 1)[0] ?? '')],
    ['can write to its root file system', host.ReadonlyRootfs],
    ['has capabilities', host.CapDrop?.includes('ALL') ?? false],
    ['can get new privileges', host.SecurityOpt?.includes('no-new-privileges:true') ?? false],
    ['has no limits', host.Memory > 0 && host.NanoCpus > 0 && (host.PidsLimit ?? 0) > 0],
    [`publishes ${published.join(', ')}`, published.join() === allowed],
  ];
  return expected.filter(([, isSo]) => !isSo).map(([problem]) => problem);
}
