import { createClient } from '@gaia/client';
import { isGaiaError } from '@gaia/client/error';

const { GAIA_URL = 'http://localhost:8080', GAIA_EMAIL = 'admin@localhost', GAIA_PASSWORD = '' } = process.env;
const gaia = createClient({ url: GAIA_URL, site: 'site-a.localhost' });

try {
  await gaia.auth.signIn({ email: GAIA_EMAIL, password: GAIA_PASSWORD });
  for await (const { id, status, fields } of gaia.entries('article').all({ sort: '-created_at' })) {
    console.log(id, status, fields.title);
  }
  await gaia.auth.signOut();
} catch (error) {
  if (!isGaiaError(error)) throw error;
  console.error(`${error.message} (${error.code})`);
  process.exitCode = 1;
}
