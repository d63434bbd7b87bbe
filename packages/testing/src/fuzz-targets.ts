import { dereferenced } from './dereferenced.ts';

export interface FuzzedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A place where an anonymous caller's text is read. */
export interface Target {
  readonly name: string;
  request(text: string): FuzzedRequest;
}

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

export interface OpenApiPaths {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The members of a path that are methods; HEAD is GET without what could be looked at. */
const methods = ['get', 'post', 'put', 'patch', 'delete'];
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Read by the services, the guard, or the framework, whatever the route. */
const headerNames = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'origin',
  'range',
  'sec-fetch-site',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-csrf-token',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-gaia-site',
  'x-request-id',
];

/**
 * Every place of an API in which a caller without a token can put text: parameters and members of bodies of each route, and
 * of one route that reads and one that writes also headers, whole queries and whole bodies, which are read before it is
 * known what they are for. `values` are good ones, by name of parameter or member, so that what is behind the first check
 * is reached too; `open` are routes that have an authentication of their own.
 */
export function anonymousTargets(
  document: OpenApiPaths,
  { values = {}, open = [] }: { values?: Values; open?: readonly string[] } = {},
): Target[] {
  const all = Object.entries(dereferenced(document).paths ?? {}).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const operation = operations[method] as Operation | undefined;
      return operation === undefined ? [] : [routeOf(method.toUpperCase(), path, operation, values)];
    }),
  );
  const routes = all.filter((route) => route.isOpen || open.includes(route.name));
  const reading = routes.find((route) => route.type === undefined);
  const writing = routes.find((route) => route.type !== undefined);
  const guarded = all.find((route) => !routes.includes(route));
  return [
    ...routes.flatMap(parameterTargets),
    ...routes.flatMap(memberTargets),
    ...(reading === undefined ? [] : headTargets(reading)),
    ...(writing === undefined ? [] : bodyTargets(writing)),
    ...(guarded === undefined ? [] : [bearerTarget(guarded)]),
  ];
}

type Values = Readonly<Record<string, unknown>>;

interface Route {
  readonly name: string;
  /** Whether it answers without a token. */
  readonly isOpen: boolean;
  readonly parameters: NonNullable<Operation['parameters']>;
  /** Media type of the body, where it has one. */
  readonly type: string | undefined;
  readonly members: readonly string[];
  /** What a body must have, with good values. */
  readonly body: Values;
  urlWith(inPath: Readonly<Record<string, string>>, inQuery?: readonly [string, string][]): string;
  /** The good request with a change. */
  request(change?: Partial<FuzzedRequest>): FuzzedRequest;
}

function routeOf(method: string, path: string, operation: Operation, values: Values): Route {
  const parameters = operation.parameters ?? [];
  const required = parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
  const good = required.map(({ name }): [string, string] => [name, String(values[name] ?? 'a')]);
  const [type, { schema } = {}] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const body = Object.fromEntries((schema?.required ?? []).map((member) => [member, values[member] ?? 'a']));
  const route: Route = {
    name: `${method} ${path}`,
    isOpen: !needsToken(operation),
    parameters,
    type,
    members: Object.keys(schema?.properties ?? {}),
    body,
    urlWith(inPath, inQuery = []) {
      const filled = path.replace(/\{(\w+)\}/g, (_, name) => textIn.path(inPath[name] ?? String(values[name] ?? 'a')));
      const pairs = [...good.filter(([name]) => !inQuery.some(([other]) => other === name)), ...inQuery];
      const text = pairs.map(([name, value]) => `${textIn.path(name)}=${textIn.path(value)}`).join('&');
      return text === '' ? filled : `${filled}?${text}`;
    },
    request: (change = {}) => ({
      method,
      url: route.urlWith({}),
      headers: type === undefined ? {} : { 'content-type': type },
      body: type === undefined ? undefined : type === FORM_TYPE ? formOf(body) : JSON.stringify(body),
      ...change,
    }),
  };
  return route;
}

function needsToken({ security = [] }: Operation): boolean {
  return security.length > 0 && security.every((scheme) => Object.keys(scheme).length > 0);
}

function parameterTargets(route: Route): Target[] {
  return route.parameters
    .filter((parameter) => parameter.in === 'path' || parameter.in === 'query')
    .map(({ in: place, name }) => ({
      name: `${route.name} ${place} ${name}`,
      request: (text) =>
        route.request({ url: place === 'path' ? route.urlWith({ [name]: text }) : route.urlWith({}, [[name, text]]) }),
    }));
}

function memberTargets({ name, type, members, body, request }: Route): Target[] {
  return members.flatMap((member): Target[] => {
    const label = `${name} member ${member}`;
    if (type === FORM_TYPE) {
      return [{ name: label, request: (text) => request({ body: formOf({ ...body, [member]: text }) }) }];
    }
    const others = Object.entries(body).filter(([other]) => other !== member);
    const rest = others.map(([other, value]) => `,${JSON.stringify(other)}:${JSON.stringify(value)}`).join('');
    return [
      { name: label, request: (text) => request({ body: JSON.stringify({ ...body, [member]: text }) }) },
      { name: `${label}, as it is`, request: (text) => request({ body: `{"${member}":${text}${rest}}` }) },
    ];
  });
}

/** The guard reads the header before anything else. */
function bearerTarget({ name, request }: Route): Target {
  return {
    name: `${name} bearer token`,
    request: (text) => request({ headers: { authorization: `Bearer ${textIn.header(text)}` } }),
  };
}

function headTargets({ name, request, urlWith }: Route): Target[] {
  return [
    ...headerNames.map(
      (header): Target => ({
        name: `${name} header ${header}`,
        request: (text) => request({ headers: { ...request().headers, [header]: textIn.header(text) } }),
      }),
    ),
    { name: `${name} query name`, request: (text) => request({ url: urlWith({}, [[text, 'a']]) }) },
    {
      name: `${name} query`,
      request: (text) => request({ url: `${urlWith({}).split('?', 1)[0]}?${textIn.rawQuery(text)}` }),
    },
  ];
}

function bodyTargets({ name, type = JSON_TYPE, request }: Route): Target[] {
  const types = new Set([type, JSON_TYPE, FORM_TYPE, 'text/plain', 'multipart/form-data; boundary=a']);
  return [...types].map((as) => ({
    name: `${name} body as ${as}`,
    request: (text) => request({ body: text, headers: { 'content-type': as } }),
  }));
}

/** What servers take of a URL or a header. */
const short = (text: string) => text.slice(0, 2_500);

/** A text as clients can send it in the parts of a request that do not take every character. */
export const textIn = Object.freeze({
  /** Percent-encoded; half surrogates as the bytes that they would have. */
  path: (text: string) => encodeURIComponent(short(text).toWellFormed()).replaceAll('%EF%BF%BD', '%ED%A0%80'),
  /** As it is, but for what node:http does not let through. */
  rawQuery: (text: string) => short(text).replace(/[^!-~]|#/g, textIn.path),
  /** As node:http gives it: the bytes as Latin-1, no control characters. */
  header: (text: string) =>
    Buffer.from(short(text))
      .toString('latin1')
      .replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, ' ')
      .trim(),
});

function formOf(fields: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed())}`).join('&');
}
