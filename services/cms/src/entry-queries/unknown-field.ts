import type { Problem } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';
import type { ContentType } from '../types/field.ts';
import { entryOperands } from './operands.ts';

/** 400 `unknown_field`: of a type, of what lies beyond a reference, or of a query that names no type. */
export function unknownField(name: string, of: ContentType | 'beyond' | undefined): Problem {
  const shown = name.slice(0, 100);
  return problem('unknown_field', {
    detail:
      of === undefined
        ? `Without a type there are only ${entryOperands.join(', ')}; "${shown}" needs one.`
        : of === 'beyond'
          ? `No type to which the reference leads has the field of "${shown}".`
          : `The type ${of.name} has no field "${shown}".`,
    extensions: { field: shown },
  });
}
