// A small API that knows nothing about logins: it believes what nginx tells it. `PORT=4000 node api.mjs`
// It must be reachable through nginx only; or, where it does not want to rely on that, check X-Auth-Token, as it does when JWKS names
// where Holdfast's public keys are.

import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';

const { JWKS, ISSUER, AUDIENCE = '' } = process.env;
const keys = new Map();

/** The claims of a token, or nothing. An unknown key may be a new one, so the keys are fetched once more. */
async function checked(token = '') {
  const [header, claims, signature] = token.split('.');
  const parse = part => JSON.parse(Buffer.from(part ?? '', 'base64url'));
  try {
    const { kid, alg } = parse(header);
    if (!keys.has(kid)) for (const key of (await (await fetch(JWKS)).json()).keys) keys.set(key.kid, createPublicKey({ key, format: 'jwk' }));
    const signed = { key: keys.get(kid), dsaEncoding: 'ieee-p1363' };
    if (alg !== 'ES256' || !verify('sha256', Buffer.from(`${header}.${claims}`), signed, Buffer.from(signature, 'base64url'))) return;
    const said = parse(claims);
    const now = Date.now() / 1000;
    if (said.iss === ISSUER && AUDIENCE.split(' ').includes(said.aud) && said.exp > now - 5 && said.iat < now + 5) return said;
  } catch { /* It is no token of Holdfast's. */ }
}

const server = createServer(async (request, response) => {
  const named = request.headers['x-auth-user'];
  const user = JWKS ? (await checked(request.headers['x-auth-token']))?.sub : named;
  const answer = { method: request.method, path: request.url, user, named, session: request.headers['x-auth-session'], email: request.headers['x-auth-email'], cookie: request.headers.cookie };
  response.writeHead(user ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
});
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1');
