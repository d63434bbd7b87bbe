import type { SuiteConfig } from './config.ts';
import { servicePorts } from './environments.ts';
import type { Administrator } from './first-start.ts';

/** What `npm start` prints when everything answers: where things are and how to log in. */
export function banner(config: SuiteConfig, made: Administrator | undefined): string {
  const ports = servicePorts(config);
  const email = made?.email ?? config.GAIA_ADMIN_EMAIL;
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
  }
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
