import { Problem } from '@gaia/http-service/problem';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** An error as it travels: `extensions.code` says what it is, as `code` does over REST. */
export function formatError(
  error: GraphQLError,
  options: { readonly maySeeSchema: boolean; readonly onFault: (fault: unknown) => void },
): GraphQLFormattedError {
  const { locations, path } = error;
  const place = { ...(locations !== undefined && { locations }), ...(path !== undefined && { path }) };
  const fault = error.originalError;
  if (fault instanceof Problem && fault.statusCode < 500) {
    const extensions = {
      code: fault.code,
      status: fault.statusCode,
      ...(fault.errors !== undefined && { errors: fault.errors }),
      ...fault.extensions,
    };
    return { message: fault.message, ...place, extensions };
  }
  if (fault !== undefined && fault !== null && !(fault instanceof GraphQLError)) {
    options.onFault(fault);
    const code = fault instanceof Problem ? fault.code : 'internal_error';
    const message = fault instanceof Problem ? fault.title : 'Something went wrong here';
    return { message, ...place, extensions: { code, status: fault instanceof Problem ? fault.statusCode : 500 } };
  }
  // What graphql-js proposes instead of a wrong name would tell the schema to those who may not see it.
  const message = options.maySeeSchema ? error.message : error.message.replace(/ Did you mean [\s\S]*\?$/, '');
  const { code = 'query_invalid', ...others } = error.extensions;
  return { message: message.slice(0, 1_000), ...place, extensions: { code, ...others } };
}
