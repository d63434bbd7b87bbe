/** Signs in at a gateway before the upstream of these benchmarks; gives the Cookie header. */
export async function signIn(port: number): Promise<string> {
  const answer = await fetch(`http://localhost:${port}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"a@b.c","password":"right"}',
  });
  if (answer.status !== 200) throw new Error(`could not sign in: ${answer.status} ${await answer.text()}`);
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}

/** An access token of the upstream's. */
export async function accessToken(port: number): Promise<string> {
  const answer = await fetch(`http://localhost:${port}/auth/login`, { method: 'POST' });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}
