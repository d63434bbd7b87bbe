import type { SharedCode } from '../problem-codes.ts';
import type { Operation, Response } from './document.ts';

const MEDIA_TYPE = 'application/problem+json';

/** Problems of HTTP itself, which have nothing to do with the route. */
const protocolCodes: readonly SharedCode[] = [
  'bad_request',
  'request_aborted',
  'host_missing',
  'request_timeout',
  'uri_too_long',
  'expectation_failed',
  'headers_too_large',
];

export const OTHER_PROBLEMS: Response = {
  description: `Any other problem, such as ${listOf(protocolCodes)}`,
  content: { [MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** Adds codes to the problem responses of an operation, which become complete with `describeProblems`. */
export function addProblems<Code extends string>(
  operation: Operation,
  codes: readonly Code[],
  statusOf: (code: Code) => number,
): void {
  for (const code of codes) {
    const status = String(statusOf(code));
    const { responses } = operation;
    const response: Response = responses[status] ?? { description: '' };
    responses[status] = response;
    response['x-problem-codes'] = [...new Set([...problemCodes(response), code])];
  }
}

/** The codes that a response lists. */
export function problemCodes(response: Response): readonly string[] {
  return response['x-problem-codes'] ?? response.content?.[MEDIA_TYPE]?.['x-problem-codes'] ?? [];
}

/** Writes out the codes of each problem response, for people in its description and for compilers in its schema. */
export function describeProblems(operation: Operation): void {
  const { responses } = operation;
  for (const response of Object.values(responses)) {
    const codes = [...problemCodes(response)];
    if (codes.length === 0) continue;
    const others = Object.entries(response.content ?? {}).filter(([type]) => type !== MEDIA_TYPE);
    const isProblemOnly = others.length === 0;
    if (isProblemOnly) response.description = listOf(codes);
    response['x-problem-codes'] = codes;
    const code = { type: 'object', properties: { code: { type: 'string', enum: codes } }, required: ['code'] };
    const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, code] };
    response.content = { ...Object.fromEntries(others), [MEDIA_TYPE]: { schema } };
  }
  const { default: _, ...byStatus } = responses;
  operation.responses = { ...byStatus, default: { $ref: '#/components/responses/OtherProblem' } as never };
}

function listOf(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ');
}
