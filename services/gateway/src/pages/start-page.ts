import { createHash } from 'node:crypto';
import type { Service } from '@gaia/http-service/service';

const style = `:root{color-scheme:light dark;background:Canvas;color:CanvasText;font:1.05rem/1.6 system-ui,sans-serif}
body{max-width:40rem;margin:12vh auto;padding:0 1.5rem}h1{font-size:2rem;margin:0}ul{padding-left:1.2rem}
a{color:#0b5cad}@media (prefers-color-scheme:dark){a{color:#7db8f5}}`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gaia</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Gaia</h1>
<p>The suite is running.</p>
<ul>
<li><a href="/docs">The API</a>, and its <a href="/docs/openapi.json">OpenAPI document</a></li>
<li><a href="/.well-known/jwks.json">Public keys</a> that verify its tokens</li>
<li><a href="/account">Your account</a></li>
<li><a href="/session">Who is signed in</a>, as programs see it</li>
<li><a href="/ready">How the services are</a></li>
</ul>
</main>
</body>
</html>
`;

const contentSecurityPolicy =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `GET /`: where to go from here. */
export function registerStartPage(app: Service): void {
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy);
    return page;
  });
}
