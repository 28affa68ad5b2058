// What stands in front of a server in production: ends TLS and hands everything on. Here it also takes notes (of what
// the browser's network service sends, too, which no page sees), can hold a request back, and can say that browsers are
// somewhere else.

import { request as overHttp } from 'node:http';
import { createServer } from 'node:https';

/** A front at this port that hands on to the server at `to`. */
export async function startFront({ certificate, port, to }) {
  const log = [];
  const held = new Map();
  let address;

  const front = createServer({ key: certificate.key, cert: certificate.cert }, async (request, response) => {
    const path = request.url.split('?')[0];
    const entry = { method: request.method, path, headers: request.headers, status: 0 };
    log.push(entry);
    const gate = held.get(path);
    gate?.arrive(entry);
    await gate?.open;
    const { hostname, port } = new URL(to);
    const headers = address ? { ...request.headers, 'x-forwarded-for': address } : request.headers;
    const options = { hostname, port, method: request.method, path: request.url, headers };
    const onward = overHttp(options, (answer) => {
      entry.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve, reject) => {
    front.once('error', reject);
    front.listen(port, '127.0.0.1', resolve);
  });

  return {
    /** The requests to this path, oldest first. The status is 0 until the answer comes. */
    asked: (path) => log.filter((entry) => entry.path === path),
    /** Holds requests to this path. `arrived` resolves with the first of them, `release` lets them go on. */
    hold(path) {
      const [arrived, arrive] = later();
      const [open, letGo] = later();
      const release = () => {
        held.delete(path);
        letGo();
      };
      held.set(path, { arrive, open, release });
      return { arrived, release };
    },
    /** From now on browsers are at this address. */
    comesFrom(elsewhere) {
      address = elsewhere;
    },
    stop() {
      for (const gate of held.values()) gate.release();
      front.closeAllConnections();
      return new Promise((resolve) => front.close(resolve));
    },
  };
}

/**
 * A promise, and what keeps it.
 *
 * @returns {[Promise<any>, (value?: any) => void]}
 */
function later() {
  let keep;
  const promise = new Promise((resolve) => (keep = resolve));
  return [promise, keep];
}
