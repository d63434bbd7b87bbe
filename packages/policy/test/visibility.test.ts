import { describe, expect, it } from 'vitest';
import type { EntryFacts } from '../src/condition.ts';
import { holds } from '../src/condition.ts';
import { type Caller, editable, visible, workingCopyReadable } from '../src/visibility.ts';

const site = 'site-a.localhost';
const caller = (subject: string, scopes: string, ofSite: string | undefined = site): Caller => ({
  subject,
  site: ofSite,
  scopes: scopes.split(' '),
});
const callers = {
  nobody: undefined,
  member: caller('u-member', 'content:read'),
  author: caller('u-author', 'content:read content:write'),
  editor: caller('u-editor', 'content:read content:write content:edit'),
  foreigner: caller('u-author', 'content:read content:edit', 'site-b.localhost'),
  siteless: { subject: 'u-author', site: undefined, scopes: ['content:read', 'content:edit'] },
  'token without content:read': caller('u-other', 'assets:read'),
} satisfies Record<string, Caller>;

const entry = (visibility: string, published: boolean, ofSite = site): EntryFacts => ({
  site: ofSite,
  author: 'u-author',
  visibility,
  published,
});

describe('who reads what', () => {
  const table: [keyof typeof callers, EntryFacts, boolean][] = [
    ['nobody', entry('public', true), true],
    ['nobody', entry('members', true), false],
    ['nobody', entry('public', false), false],
    ['member', entry('public', true), true],
    ['member', entry('members', true), true],
    ['member', entry('members', false), false],
    ['author', entry('members', false), true],
    ['editor', entry('public', false), true],
    ['foreigner', entry('public', true), false],
    ['foreigner', entry('members', false), false],
    ['siteless', entry('public', true), false],
    ['token without content:read', entry('members', true), false],
    ['token without content:read', entry('public', true), true],
    ['editor', entry('public', true, 'site-b.localhost'), false],
    ['nobody', entry('unheard-of', true), false],
    ['member', entry('unheard-of', true), false],
  ];
  it.each(table)('%s, %o: %s', (name, facts, expected) => {
    expect(visible(callers[name], site, facts)).toBe(expected);
  });
});

describe('who changes what', () => {
  const table: [keyof typeof callers, boolean][] = [
    ['nobody', false],
    ['member', false],
    ['author', true],
    ['editor', true],
    ['foreigner', false],
    ['siteless', false],
  ];
  it.each(table)('%s: %s', (name, expected) => {
    expect(holds(editable(callers[name], site), entry('public', true))).toBe(expected);
  });

  it('an author without content:write still reads, but does not change, the own draft', () => {
    const former = caller('u-author', 'content:read');
    expect(holds(workingCopyReadable(former, site), entry('public', false))).toBe(true);
    expect(holds(editable(former, site), entry('public', false))).toBe(false);
  });
});
