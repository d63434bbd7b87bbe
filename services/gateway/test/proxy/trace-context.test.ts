import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { nextTraceContext } from '../../src/proxy/trace-context.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const valid = `00-${trace}-b7ad6b7169203331-01`;
const next = (traceparent: string | undefined, tracestate?: string) =>
  nextTraceContext({ traceparent, tracestate }, randomUUID);

it('goes on with a valid trace under a span of its own', () => {
  const { traceparent, tracestate } = next(valid, 'vendor=1');
  expect(traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  expect(traceparent).not.toContain('b7ad6b7169203331');
  expect(tracestate).toBe('vendor=1');
});

it.each([
  undefined,
  '',
  'garbage',
  valid.toUpperCase(),
  `01-${trace}-b7ad6b7169203331-01`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `${valid}-more`,
])('begins a new trace for %s', (traceparent) => {
  const begun = next(traceparent, 'vendor=1');
  expect(begun.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(begun.traceparent).not.toContain(trace);
  expect(begun.tracestate).toBeUndefined();
});

it.each(['x'.repeat(513), 'a\x01b', 'é'])('drops an unusable tracestate', (tracestate) => {
  expect(next(valid, tracestate).tracestate).toBeUndefined();
});
