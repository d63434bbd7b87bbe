/** The members of an OpenAPI document that are worked on. */
export interface OpenApiDocument {
  paths?: Record<string, Record<string, Operation>>;
  components?: Record<string, Record<string, unknown>>;
}

export interface Operation {
  operationId?: string;
  summary?: string;
  tags?: readonly string[];
  security?: Record<string, string[]>[];
  parameters?: readonly unknown[];
  requestBody?: { content?: Record<string, Media> };
  responses: Record<string, Response>;
}

export interface Response {
  description: string;
  content?: Record<string, Media>;
  'x-problem-codes'?: string[];
}

export interface Media {
  schema?: Schema;
  'x-problem-codes'?: readonly string[];
}

export type Schema = Record<string, unknown>;

export type SecurityScheme = { readonly description?: string } & (
  | { readonly type: 'http'; readonly scheme: string; readonly bearerFormat?: string }
  | { readonly type: 'apiKey'; readonly in: 'cookie' | 'header'; readonly name: string }
);

/** The members of a path item that are operations. */
export const httpMethods = ['get', 'put', 'post', 'delete', 'head', 'patch', 'options'] as const;

export function operationsOf(document: OpenApiDocument): Operation[] {
  return Object.values(document.paths ?? {}).flatMap((item) =>
    httpMethods.flatMap((method) => (item[method] === undefined ? [] : [item[method]])),
  );
}
