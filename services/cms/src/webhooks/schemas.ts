import { SiteParams, secretText } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';

const endpoint = {
  id: Type.String(),
  site: Type.String(),
  name: Type.String(),
  path: Type.String({ description: 'Where the sender posts its messages' }),
  token_in: Type.Union([Type.Literal('authorization'), Type.Literal('header'), Type.Literal('body')]),
  token_name: Type.Union([Type.String(), Type.Null()]),
  message: Type.Union([Type.Literal('body'), Type.Literal('token')]),
  enabled: Type.Boolean(),
  created_at: Type.String(),
  updated_at: Type.String(),
};
const secret = { secret: secretText('secret', 'Shown this once') };

export const EndpointResponse = Type.Object(endpoint, {
  title: 'WebhookEndpoint',
  description: 'An endpoint that takes messages',
});
export const NewEndpointResponse = Type.Object({ ...endpoint, ...secret }, { title: 'NewWebhookEndpoint' });
export const EndpointList = Type.Object({ items: Type.Array(EndpointResponse) });

const Name = Type.String({ minLength: 1, maxLength: 200 });
/** RFC 7518 §3.2: a key for HS256 has 256 bits or more. */
const Secret = Type.String({ minLength: 32, maxLength: 512, description: "The sender's own; one is made if absent" });

export const NewEndpoint = Type.Object(
  {
    name: Name,
    token_in: Type.Optional(
      Type.Union([Type.Literal('authorization'), Type.Literal('header'), Type.Literal('body')], {
        description: 'Where the sender puts its token: the Authorization header, another header, a member of the body',
      }),
    ),
    token_name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$',
        description: 'Name of that header or member; with token_in header (in lower case) or body',
      }),
    ),
    message: Type.Optional(
      Type.Union([Type.Literal('body'), Type.Literal('token')], {
        description:
          'Where the message stands: in the body, whose SHA-256 the token carries in `request_body_sha256`, or in the ' +
          "token's claim `event`: what no token covers is not believed",
      }),
    ),
    secret: Type.Optional(Secret),
  },
  { additionalProperties: false },
);

export const EndpointChange = Type.Object(
  { name: Type.Optional(Name), enabled: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
);

export const Rotation = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7 * 86_400,
        default: 86_400,
        description: 'For how long the secrets before stay good',
      }),
    ),
    secret: Type.Optional(Secret),
  },
  { additionalProperties: false },
);

export const RotationResponse = Type.Object({ ...secret, previous_until: Type.String() });

export const EndpointParams = Type.Object({
  ...SiteParams.properties,
  webhook: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$', description: 'Id of the endpoint' }),
});

const outcomes = Type.Union([
  Type.Literal('applied'),
  Type.Literal('duplicate'),
  Type.Literal('ignored'),
  Type.Literal('refused'),
]);

export const DeliveryQuery = Type.Object(
  {
    outcome: Type.Optional(outcomes),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);

export const DeliveryList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      at: Type.String(),
      outcome: outcomes,
      reason: Type.Union([Type.String(), Type.Null()], { description: 'The check that refused it' }),
      event: Type.Union([Type.String(), Type.Null()]),
      jti: Type.Union([Type.String(), Type.Null()], { description: 'Of a token whose signature is good' }),
      bytes: Type.Integer({ description: 'Length of the body' }),
    }),
  ),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
});

export const ReceivedResponse = Type.Object({
  outcome: Type.Union([Type.Literal('applied'), Type.Literal('duplicate'), Type.Literal('ignored')]),
  delivery: Type.String({ description: 'Id in the delivery log' }),
});
