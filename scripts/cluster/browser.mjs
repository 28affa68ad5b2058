// A browser's worth of HTTP: cookies, an origin, and where requests go.

import { Agent, request } from 'node:http';

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
/** Longer than whatever is in between takes to give up. */
const PATIENCE_MS = 30_000;
const agent = new Agent({ keepAlive: true });

/** No answer, or one that says: not now. */
export class Unavailable extends Error {
  constructor(why, retryAfter = 0) {
    super(why);
    this.retryAfter = retryAfter;
  }
}

export class Browser {
  cookies = new Map();

  /** `port`: of the proxy, or of one process. The origin is the same for all of them. */
  constructor(origin, port) {
    Object.assign(this, { origin, port });
  }

  /** The same browser, whose next requests go to another port. */
  at(port) {
    const other = new Browser(this.origin, port);
    other.cookies = this.cookies;
    return other;
  }

  get sid() {
    return this.cookies.get('__Host-sid');
  }

  /** A browser that has this session's cookie and nothing else. */
  withOnly(sid, port = this.port) {
    const other = new Browser(this.origin, port);
    other.cookies.set('__Host-sid', sid);
    return other;
  }

  get(path) {
    return this.#call('GET', path);
  }

  async post(path, body) {
    const answer = await this.#call('POST', path, JSON.stringify(body));
    // Another request has just renewed the session: once more, with what it brought.
    return answer.body?.code === 'session_rotated' ? this.#call('POST', path, JSON.stringify(body)) : answer;
  }

  #call(method, path, body) {
    const headers = { host: new URL(this.origin).host, 'user-agent': AGENT, 'accept-language': 'en-GB' };
    if (this.cookies.size) headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (body) Object.assign(headers, { origin: this.origin, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    return new Promise((answered, failed) => {
      const gone = (error) => failed(new Unavailable(`${method} ${path}: ${error.code ?? error.message}`));
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent, timeout: PATIENCE_MS }, (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('error', gone);
        response.on('end', () => {
          const status = response.statusCode;
          if (status >= 500) {
            const retryAfter = Number(response.headers['retry-after'] ?? 0);
            return failed(new Unavailable(`${method} ${path}: ${status} ${text.slice(0, 120).replaceAll(/\s+/g, ' ')}`, retryAfter));
          }
          this.#keep(response.headers['set-cookie'] ?? []);
          let json;
          try {
            json = JSON.parse(text);
          } catch {
            json = { text };
          }
          answered({ status, body: json, request: response.headers['x-request-id'] });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', gone);
      sent.end(body);
    });
  }

  #keep(lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';');
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (!value || attributes.some((attribute) => attribute.trim().toLowerCase() === 'max-age=0')) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}
