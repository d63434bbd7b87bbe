import { STATUS_CODES } from 'node:http';
import { type SharedCode, sharedProblems } from '../problem-codes.ts';
import { tokenRefusals } from '../route-schemas.ts';
import { type OpenApiDocument, type Operation, operationsOf } from './document.ts';
import { nameSchemas } from './named-schemas.ts';
import { addProblems, describeProblems, OTHER_PROBLEMS } from './problem-responses.ts';

/**
 * Completes the OpenAPI document of a service for tools that generate clients: security of every operation, the problem
 * codes that all routes share, named schemas.
 */
export function completeDocument(document: OpenApiDocument): OpenApiDocument {
  // HEAD is GET without the body (RFC 9110 §9.3.2): generators would make two functions of one name.
  for (const item of Object.values(document.paths ?? {})) if (item.get !== undefined) delete item.head;
  for (const operation of operationsOf(document)) {
    operation.security ??= [];
    nameStatuses(operation);
    addCommonProblems(operation);
    describeProblems(operation);
  }
  nameSchemas(document);
  document.components = { ...document.components, responses: { OtherProblem: OTHER_PROBLEMS } };
  return document;
}

/** The plugin's text for a response that its schema says nothing of. */
const NO_DESCRIPTION = 'Default Response';

function nameStatuses({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (response.description === NO_DESCRIPTION) response.description = STATUS_CODES[status] ?? 'Response';
  }
}

function addCommonProblems(operation: Operation): void {
  const isGuarded = operation.security?.some((scheme) => 'bearer' in scheme) ?? false;
  const [bodyType] = Object.keys(operation.requestBody?.content ?? {});
  const isJson = bodyType === 'application/json';
  const hasInput = bodyType !== undefined || (operation.parameters ?? []).length > 0;
  const codes: SharedCode[] = [
    ...(hasInput ? ['validation_failed' as const] : []),
    ...(isJson ? ['malformed_json' as const, 'json_too_deep' as const] : []),
    ...(bodyType !== undefined ? ['payload_too_large' as const, 'unsupported_media_type' as const] : []),
    ...(isGuarded ? [...tokenRefusals, 'keys_unavailable' as const, 'revocations_stale' as const] : []),
    'internal_error',
    'unavailable',
  ];
  addProblems(operation, codes, (code) => sharedProblems[code].status);
}
