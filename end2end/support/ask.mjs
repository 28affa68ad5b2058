// One request by hand, without a browser: no cookies but those given, no redirect followed, nothing added that the
// server could take for a browser's.

import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

/**
 * `ca`: PEM of whom to trust, if not those that Node does.
 *
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string, ca?: string }} [asked]
 */
export function ask(url, { method = 'GET', headers = {}, body = '', ca } = {}) {
  const request = new URL(url).protocol === 'https:' ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    // A connection of its own: none is left open when the server stops.
    const sent = request(url, { method, headers, ca, agent: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
