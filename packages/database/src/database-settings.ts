import { integer, url } from '@gaia/settings';

/** Where a service keeps its data. */
export const databaseSettings = Object.freeze({
  // Carries the password, so it is a secret although it is a URL.
  DATABASE_URL: Object.freeze({
    ...url({
      protocols: ['postgres', 'postgresql'],
      required: true,
      doc: 'The PostgreSQL database, 15 or newer; every service has a schema of its own in it.',
    }),
    secret: true,
  }),
  DATABASE_POOL_SIZE: integer({
    min: 1,
    max: 200,
    fallback: 10,
    doc: 'Most connections of one process of a service to its database.',
  }),
});
