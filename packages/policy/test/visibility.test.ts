import { describe, expect, it } from 'vitest';
import { classesOf } from '../src/access-classes.ts';
import { accessRule, fixedClasses } from '../src/access-rule.ts';
import { holds } from '../src/condition.ts';
import { type Explained, explain } from '../src/explain.ts';
import { mayReadField, mayWriteField } from '../src/fields.ts';
import { type Caller, editable, visible, workingCopyReadable } from '../src/visibility.ts';

const site = 'site-a.localhost';
const caller = (subject: string, scopes: string, options: { site?: string | undefined; roles?: string[] } = {}) => ({
  subject,
  site,
  roles: ['member'],
  scopes: scopes.split(' '),
  ...options,
});
const callers = {
  anonymous: undefined,
  member: caller('u-member', 'content:read'),
  vip: caller('u-vip', 'content:read', { roles: ['member', 'vip'] }),
  holder: caller('u-holder', 'content:read'),
  author: caller('u-author', 'content:read content:write'),
  editor: caller('u-editor', 'content:read content:write content:edit'),
  foreigner: caller('u-author', 'content:read content:edit', { site: 'site-b.localhost', roles: ['vip'] }),
  siteless: caller('u-author', 'content:read content:edit', { site: undefined }),
  'token without content:read': caller('u-holder', 'assets:read', { roles: ['vip'] }),
} satisfies Record<string, Caller>;
type Name = keyof typeof callers;

const rules = {
  public: { accessClass: fixedClasses.public, rule: accessRule('public') },
  members: { accessClass: fixedClasses.members, rule: accessRule('members') },
  author: { accessClass: fixedClasses.author, rule: accessRule('author') },
  roles: { accessClass: 16, rule: accessRule('roles', ['vip', 'press']) },
  products: { accessClass: 17, rule: accessRule('products', ['course']) },
  unheardOf: { accessClass: 99, rule: accessRule('products', ['gone']) },
};
const classes = [
  { id: 16, kind: 'roles', names: ['press', 'vip'] },
  { id: 17, kind: 'products', names: ['course'] },
] as const;
const productsOf = (who: Caller) => (who?.subject === 'u-holder' ? ['course'] : []);

function entry(rule: keyof typeof rules, published: boolean, ofSite = site): Explained {
  return { site: ofSite, author: 'u-author', published, ...rules[rule] };
}

function sees(who: Caller, subject: Explained): boolean {
  const granted = classesOf(who, site, classes, productsOf(who)).includes(subject.accessClass);
  return visible(who, site, { ...subject, granted });
}

describe('who reads what', () => {
  const table: [Name, Explained, boolean, string][] = [
    ['anonymous', entry('public', true), true, 'public'],
    ['anonymous', entry('members', true), false, 'anonymous'],
    ['anonymous', entry('roles', true), false, 'anonymous'],
    ['anonymous', entry('products', true), false, 'anonymous'],
    ['anonymous', entry('author', true), false, 'only_author'],
    ['anonymous', entry('public', false), false, 'not_published'],
    ['member', entry('public', true), true, 'public'],
    ['member', entry('members', true), true, 'member'],
    ['member', entry('members', false), false, 'not_published'],
    ['member', entry('roles', true), false, 'no_role'],
    ['member', entry('products', true), false, 'no_product'],
    ['member', entry('author', true), false, 'only_author'],
    ['vip', entry('roles', true), true, 'has_role'],
    ['vip', entry('roles', false), false, 'not_published'],
    ['vip', entry('products', true), false, 'no_product'],
    ['holder', entry('products', true), true, 'holds_product'],
    ['holder', entry('products', false), false, 'not_published'],
    ['holder', entry('roles', true), false, 'no_role'],
    ['author', entry('author', true), true, 'is_author'],
    ['author', entry('products', false), true, 'is_author'],
    ['editor', entry('author', true), true, 'edits_all'],
    ['editor', entry('unheardOf', false), true, 'edits_all'],
    ['foreigner', entry('public', true), false, 'other_site'],
    ['foreigner', entry('roles', true), false, 'other_site'],
    ['siteless', entry('public', true), false, 'other_site'],
    ['token without content:read', entry('members', true), false, 'not_permitted'],
    ['token without content:read', entry('roles', true), false, 'not_permitted'],
    ['token without content:read', entry('products', true), false, 'not_permitted'],
    ['token without content:read', entry('public', true), true, 'public'],
    ['anonymous', entry('unheardOf', true), false, 'anonymous'],
    ['member', entry('unheardOf', true), false, 'no_product'],
  ];
  it.each(table)('%s, %o: %s, because %s', (name, subject, expected, reason) => {
    const who = callers[name];
    expect(sees(who, subject)).toBe(expected);
    expect(explain(who, subject, productsOf(who))).toMatchObject({ visible: expected, reason });
  });

  it('an entry of another site is not seen through this one', () => {
    expect(sees(callers.editor, entry('public', true, 'site-b.localhost'))).toBe(false);
  });

  it('names what lets a caller in', () => {
    expect(explain(callers.vip, entry('roles', true), [])).toMatchObject({ copy: 'published', by: ['vip'] });
    expect(explain(callers.editor, entry('roles', true), [])).toMatchObject({ copy: 'working', by: [] });
  });
});

describe('who changes what', () => {
  const table: [Name, boolean][] = [
    ['anonymous', false],
    ['member', false],
    ['holder', false],
    ['author', true],
    ['editor', true],
    ['foreigner', false],
    ['siteless', false],
  ];
  it.each(table)('%s: %s', (name, expected) => {
    expect(holds(editable(callers[name], site), { ...entry('public', true), granted: true })).toBe(expected);
  });

  it('an author without content:write still reads, but does not change, the own draft', () => {
    const former = caller('u-author', 'content:read');
    const draft = { ...entry('public', false), granted: false };
    expect(holds(workingCopyReadable(former, site), draft)).toBe(true);
    expect(holds(editable(former, site), draft)).toBe(false);
  });
});

describe('rules of fields', () => {
  it.each([
    ['anonymous', ['member'], false],
    ['member', ['member'], true],
    ['member', ['vip', 'press'], false],
    ['vip', ['vip', 'press'], true],
    ['editor', ['vip'], false],
    ['anonymous', undefined, true],
  ] as [Name, string[] | undefined, boolean][])('%s, %o: %s', (name, roles, expected) => {
    expect(mayReadField(callers[name], roles)).toBe(expected);
    expect(mayWriteField(callers[name], roles)).toBe(expected);
  });

  it('do not bind users who could remove them', () => {
    expect(mayReadField(caller('u-admin', 'content:read types:manage'), ['vip'])).toBe(true);
  });
});
