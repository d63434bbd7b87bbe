import { isExactNumber } from '@gaia/http-service/exact-numbers';
import { problem } from '@gaia/http-service/problem';
import { GraphQLError, type ValidationRule } from 'graphql';

/** Rejects numbers of a query that would not be kept as they are written, as the body parser does those of variables. */
export const exactNumbers: ValidationRule = (context) => {
  const check = (node: { readonly value: string }) => {
    if (isExactNumber(node.value)) return;
    const message = `is a number that would not be kept as it is written: ${node.value.slice(0, 40)}`;
    const refusal = problem('validation_failed', {
      detail: `query ${message}.`,
      errors: [{ path: '/query', message }],
    });
    context.reportError(new GraphQLError(refusal.message, { originalError: refusal }));
  };
  return { IntValue: check, FloatValue: check };
};
