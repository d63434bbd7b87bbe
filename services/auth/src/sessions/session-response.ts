import { Type } from 'typebox';
import type { UserSession } from './user-sessions.ts';

export const SessionResponse = Type.Object(
  {
    id: Type.String({ description: 'The `sid` of its tokens' }),
    device: Type.String(),
    user_agent: Type.String(),
    address: Type.String({ description: 'Where the login came from' }),
    site: Type.Union([Type.String(), Type.Null()]),
    client_id: Type.String(),
    amr: Type.Array(Type.String()),
    created_at: Type.String(),
    last_used_at: Type.String({ description: 'Login or last refresh' }),
    ends_at: Type.String({ description: 'At the latest, however often it is refreshed' }),
    current: Type.Boolean({ description: 'Where this request comes from' }),
  },
  { title: 'Session' },
);

export function sessionResponse({ family, device, current }: UserSession) {
  const time = (at: number) => new Date(at).toISOString();
  return {
    id: family.sid,
    device,
    user_agent: family.userAgent,
    address: family.address,
    site: family.site ?? null,
    client_id: family.clientId,
    amr: [...family.amr],
    created_at: time(family.createdAt),
    last_used_at: time(family.rotatedAt),
    ends_at: time(family.absoluteEnd),
    current,
  };
}
