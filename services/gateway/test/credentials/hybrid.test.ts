import { createMemoryState } from '@gaia/state/memory';
import type { State } from '@gaia/state/state';
import { StateUnavailable } from '@gaia/state/state';
import { describe, expect, it } from 'vitest';
import { COOKIE, signIn } from '../support/browser.ts';
import { openGateway } from '../support/gateway.ts';
import { answerJson } from '../support/servers.ts';

describe('a request with an Authorization header', () => {
  it.each(['Bearer x', 'Bearer', 'bearer x', 'Basic eDp5', 'Nonsense', ''])(
    'goes on with %j as it is, whatever cookie it brings',
    async (authorization) => {
      const gateway = await openGateway();
      const session = await signIn(gateway);
      const seen = await gateway.seen('/cms/x', { headers: { authorization, cookie: session.cookie } });
      expect(seen.headers.authorization).toBe(authorization);
    },
  );

  it('gets the service’s 401 for a bad one, never the session’s answer', async () => {
    const challenge = { 'www-authenticate': 'Bearer realm="gaia", error="invalid_token"' };
    const gateway = await openGateway({
      cms: (incoming, outgoing) =>
        incoming.headers.authorization === 'Bearer bad'
          ? answerJson(outgoing, 401, { code: 'token_invalid' }, challenge)
          : answerJson(outgoing, 200, {}),
    });
    const session = await signIn(gateway);
    const answer = await gateway.send('/cms/x', { headers: { authorization: 'Bearer bad', cookie: session.cookie } });
    expect(answer).toMatchObject({ status: 401 });
    expect(answer.json()).toEqual({ code: 'token_invalid' });
    expect(answer.headers['www-authenticate']).toBe(challenge['www-authenticate']);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(gateway.auth.count('/auth/refresh')).toBe(0);
    expect((await gateway.send('/cms/x', { headers: { cookie: session.cookie } })).status).toBe(200);
  });

  it('opens no session: the state is not asked', async () => {
    const state = createMemoryState({ now: Date.now });
    const broken: State = { ...state, records: unavailableRecords };
    const gateway = await openGateway({ state: broken, env: { RATE_LIMIT: 'off' } });
    const headers = { authorization: 'Bearer x', cookie: `${COOKIE}=${'A'.repeat(43)}` };
    expect((await gateway.send('/cms/x', { headers })).status).toBe(200);
    expect((await gateway.send('/cms/x')).status).toBe(200);
    const answer = await gateway.send('/cms/x', { headers: { cookie: headers.cookie } });
    expect(answer.json()).toMatchObject({ status: 503, code: 'unavailable' });
    expect(answer.headers['retry-after']).toBe('1');
    await state.close();
  });
});

const away = async (): Promise<never> => {
  throw new StateUnavailable();
};
const unavailableRecords: State['records'] = { get: away, set: away, delete: away, add: away };
