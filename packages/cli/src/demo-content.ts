/** The demo sites with their content: one content type and a few entries each, one of them a draft. */
export interface DemoEntry {
  readonly title: string;
  readonly body: string;
  readonly visibility: 'public' | 'members';
  readonly published: boolean;
}

export interface DemoSite {
  readonly id: string;
  readonly name: string;
  readonly entries: readonly DemoEntry[];
}

export const demoType = {
  name: 'article',
  label: 'Article',
  title_field: 'title',
  fields: [
    { name: 'title', type: 'text', required: true, max_length: 200 },
    { name: 'body', type: 'richText' },
  ],
} as const;

export const demoSites: readonly DemoSite[] = [
  {
    id: 'site-a.localhost',
    name: 'Site A',
    entries: [
      {
        title: 'Welcome to Site A',
        body: 'This article is public: anyone can read and find it without a token.',
        visibility: 'public',
        published: true,
      },
      {
        title: 'For members of Site A',
        body: 'Only those who are signed in to this site can read this, and search shows it to nobody else.',
        visibility: 'members',
        published: true,
      },
      {
        title: 'A draft',
        body: 'Editors see this. Publish it, and members do too.',
        visibility: 'members',
        published: false,
      },
    ],
  },
  {
    id: 'site-b.localhost',
    name: 'Site B',
    entries: [
      {
        title: 'Welcome to Site B',
        body: 'Another site in the same installation. Nothing of Site A can be seen from here.',
        visibility: 'public',
        published: true,
      },
      {
        title: 'For members of Site B',
        body: 'A token for Site A does not open this.',
        visibility: 'members',
        published: true,
      },
    ],
  },
];
