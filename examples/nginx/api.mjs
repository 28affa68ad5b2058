// A small API that knows nothing about logins: it believes what nginx tells it. `PORT=4000 node api.mjs`
// It must be reachable through nginx only.

import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const user = request.headers['x-auth-user'];
  const answer = { method: request.method, path: request.url, user, session: request.headers['x-auth-session'], email: request.headers['x-auth-email'], cookie: request.headers.cookie };
  response.writeHead(user ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
});
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1');
