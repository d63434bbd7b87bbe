/** Content types as the API gives them, with every type of field. */
export const contentTypes = [
  {
    name: 'article',
    label: 'Article',
    fields: [
      { id: '1', name: 'title', type: 'text', required: true, label: 'Title */ of the page' },
      { id: '2', name: 'body', type: 'richText', required: false },
      { id: '3', name: 'rating', type: 'number', required: false },
      { id: '4', name: 'price', type: 'decimal', required: false },
      { id: '5', name: 'featured', type: 'boolean', required: false },
      { id: '6', name: 'day', type: 'date', required: false },
      { id: '7', name: 'mood', type: 'enum', values: ['calm', 'not "calm"'], required: true, readable_by: ['editor'] },
      { id: '8', name: 'category', type: 'reference', to: ['blog-category'], required: false },
      { id: '9', name: 'related', type: 'list', of: { type: 'reference' }, required: false },
      { id: '10', name: 'image', type: 'asset', required: false },
      { id: '11', name: 'tags', type: 'list', of: { type: 'text' }, required: false },
      {
        id: '12',
        name: 'place',
        type: 'object',
        required: false,
        fields: [{ id: '13', name: 'city', type: 'text', required: true }],
      },
    ],
  },
  {
    name: 'blog-category',
    label: null,
    fields: [
      { id: '1', name: 'name', type: 'text', required: true },
      { id: '2', name: 'parent', type: 'reference', to: ['blog-category'], required: false },
    ],
  },
];
