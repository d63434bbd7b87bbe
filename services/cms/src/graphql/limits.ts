import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  valueFromASTUntyped,
} from 'graphql';

/**
 * Deepest nesting of brackets (as of JSON bodies) and of fields, and what an operation may cost: about one a field of each
 * entry that it can give.
 */
export const limits = Object.freeze({ nesting: 64, depth: 10, cost: 5_000, tokens: 4_000 });

const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Items that a list is reckoned with where no argument says how many. */
const LIST_ITEMS = 10;
/** What a field costs beyond its one, by `extensions.cost` of the schema. */
const costOf = (field: GraphQLField<unknown, unknown>) => Number(field.extensions.cost ?? 0);

interface Weight {
  readonly cost: number;
  readonly depth: number;
}

/**
 * Refuses text whose brackets nest too deeply (`query_too_deep`), before it is parsed: the parser, and most that is done
 * with what it makes, calls itself once a level. Throws a syntax error where the text has no tokens.
 */
export function limitNesting(query: string): void {
  const lexer = new Lexer(new Source(query));
  let depth = 0;
  for (let count = 0; count <= limits.tokens; count += 1) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return;
    if (opening.has(kind)) depth += 1;
    else if (closing.has(kind)) depth -= 1;
    if (depth > limits.nesting) {
      throw new GraphQLError(`Brackets nest deeper than ${limits.nesting} levels.`, {
        extensions: { code: 'query_too_deep', limit: limits.nesting },
      });
    }
  }
}

/**
 * Refuses an operation that nests too deeply (`query_too_deep`) or could give too much (`query_too_expensive`):
 * every alias counts, and what stands below a list counts once for each of its items. For documents that are valid
 * already, so that fragments make no circles. Each fragment is weighed once, however often it is spread.
 */
export function enforceQueryLimits(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const given: Record<string, unknown> = { ...variables };
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue !== undefined) given[variable.name.value] ??= valueFromASTUntyped(defaultValue);
  }
  const known = new Map<string, Weight>();

  function weigh(selections: SelectionSetNode, parent: GraphQLNamedType | undefined): Weight {
    let cost = 0;
    let depth = 0;
    for (const selection of selections.selections) {
      const weight =
        selection.kind === Kind.FIELD
          ? weighField(selection, parent)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? weigh(selection.selectionSet, conditionType(selection.typeCondition?.name.value) ?? parent)
            : weighFragment(selection.name.value);
      cost += weight.cost;
      depth = Math.max(depth, weight.depth);
    }
    return { cost, depth };
  }

  function weighField(
    node: Extract<SelectionSetNode['selections'][number], { kind: Kind.FIELD }>,
    parent: GraphQLNamedType | undefined,
  ): Weight {
    const name = node.name.value;
    if (name === '__typename') return { cost: 0, depth: 1 };
    // Introspection has a rule of its own for its depth, and a reach that the schema bounds.
    if (name.startsWith('__')) return { cost: 100, depth: 1 };
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (field === undefined) return { cost: 1, depth: 1 };
    const below = node.selectionSet ? weigh(node.selectionSet, getNamedType(field.type)) : { cost: 0, depth: 0 };
    const limit = node.arguments?.find((argument) => argument.name.value === 'limit');
    const asked = limit === undefined ? undefined : valueFromASTUntyped(limit.value, given);
    const fallback = field.args.find((argument) => argument.name === 'limit')?.defaultValue;
    const items =
      field.extensions.list === true ? Math.max(1, Number(asked ?? fallback ?? LIST_ITEMS) || LIST_ITEMS) : 1;
    return { cost: 1 + costOf(field) + items * below.cost, depth: 1 + below.depth };
  }

  function weighFragment(name: string): Weight {
    const before = known.get(name);
    if (before !== undefined) return before;
    const fragment = fragments.get(name);
    const weight =
      fragment === undefined
        ? { cost: 0, depth: 0 }
        : weigh(fragment.selectionSet, conditionType(fragment.typeCondition.name.value));
    known.set(name, weight);
    return weight;
  }

  const conditionType = (name: string | undefined) => (name === undefined ? undefined : schema.getType(name));
  const { cost, depth } = weigh(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
  if (depth > limits.depth) {
    throw new GraphQLError(`The query nests ${depth} levels deep; ${limits.depth} are taken.`, {
      extensions: { code: 'query_too_deep', depth, limit: limits.depth },
    });
  }
  if (cost > limits.cost) {
    throw new GraphQLError(`The query could cost ${cost}; ${limits.cost} is taken.`, {
      extensions: { code: 'query_too_expensive', cost, limit: limits.cost },
    });
  }
}
