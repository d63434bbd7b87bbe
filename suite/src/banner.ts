import type { SuiteConfig } from './config.ts';
import { servicePorts } from './environments.ts';
import type { Administrator } from './first-start.ts';

/** What `npm start` prints when everything answers: where things are and how to log in. */
export function banner(config: SuiteConfig, made: Administrator | undefined): string {
  const ports = servicePorts(config);
  const lines = [
    '',
    `Gaia is ready:   ${config.publicUrl}`,
    ...(config.GAIA_DEMO
      ? [`Demo sites:      http://site-a.localhost:${config.PORT}  http://site-b.localhost:${config.PORT}`]
      : []),
    `API docs:        ${config.publicUrl}/docs`,
    `Direct:          auth :${ports.auth}  cms :${ports.cms}  assets :${ports.assets}  search :${ports.search}  (127.0.0.1)`,
    `Data:            ${config.dataDir}`,
  ];
  if (made?.generated) {
    lines.push(`Administrator:   ${made.email}   password: ${made.password}   (shown this once)`);
  } else if (made) {
    lines.push(`Administrator:   ${made.email}   password: the one in GAIA_ADMIN_PASSWORD`);
  } else {
    lines.push(...existingAdministrator(config));
  }
  const email = made?.email ?? 'YOUR-ADDRESS';
  const password = made?.generated ? made.password : 'YOUR-PASSWORD';
  lines.push(
    '',
    'Log in:',
    `  curl -s ${config.publicUrl}/auth/login -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify({ email, password })}'`,
    '',
    'Ctrl-C ends it.',
    '',
  );
  return `${lines.join('\n')}\n`;
}

/** What was set for the first administrator is not used later: a start that kept silent would seem to have set it. */
function existingAdministrator({ GAIA_ADMIN_EMAIL, GAIA_ADMIN_PASSWORD }: SuiteConfig): readonly string[] {
  const unused = [
    ...(GAIA_ADMIN_EMAIL === undefined ? [] : ['GAIA_ADMIN_EMAIL']),
    ...(GAIA_ADMIN_PASSWORD === undefined ? [] : ['GAIA_ADMIN_PASSWORD']),
  ];
  return [
    `Administrator:   exists already${unused.length === 0 ? '' : `; not used: ${unused.join(', ')}`}`,
    'Lost password:   npm run gaia -- users set-password ADDRESS',
  ];
}
