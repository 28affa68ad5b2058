// node traces.mjs HOLDFAST PORT PID: collect what the server with this process id sends to 127.0.0.1:PORT as traces, and see
// that it is what OpenTelemetry expects and nothing that nobody should know. Stops the server, which sends what is left.

import { createServer } from 'node:http';
import { strict as assert } from 'node:assert';

const [holdfast, port, pid] = process.argv.slice(2);
const bodies = [];
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    bodies.push({ path: request.url, type: request.headers['content-type'], body });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});
await new Promise((go) => collector.listen(Number(port), '127.0.0.1', go));

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const secret = 'do-not-tell-anybody';
const joined = await fetch(`${holdfast}/auth/session?${secret}`, {
  headers: { traceparent: `00-${trace}-${parent}-01`, cookie: `__Host-sid=${secret}`, 'user-agent': secret },
});
const id = joined.headers.get('x-request-id');
await fetch(`${holdfast}/nothing/${secret}`, { headers: { traceparent: `00-${trace}-${'0'.repeat(16)}-01` } });
const refused = await fetch(`${holdfast}/auth/passkey/login/verify`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin: holdfast },
  body: JSON.stringify({ response: { id: secret } }),
});
assert.equal(refused.status, 400);

const gone = new Promise((go) => {
  const look = setInterval(() => {
    try {
      process.kill(Number(pid), 0);
    } catch {
      clearInterval(look);
      go();
    }
  }, 100);
});
process.kill(Number(pid), 'SIGTERM');
await gone;
collector.close();

assert.ok(bodies.length > 0, 'nothing was sent');
for (const { path, type, body } of bodies) {
  assert.equal(path, '/v1/traces');
  assert.equal(type, 'application/json');
  assert.ok(!body.includes(secret), 'a trace tells what nobody should know');
}
const resources = bodies.flatMap(({ body }) => JSON.parse(body).resourceSpans);
const spans = resources.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans));
const value = (attributes, key) => Object.values(attributes.find((it) => it.key === key)?.value ?? {})[0];
assert.equal(value(resources[0].resource.attributes, 'service.name'), 'Holdfast');

const one = (name, count = 1) => {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, count, `${name} among ${spans.map((span) => span.name)}`);
  return found[0];
};
const session = one('GET /auth/session');
assert.equal(session.traceId, trace);
assert.equal(session.parentSpanId, parent);
assert.equal(session.kind, 2, 'a span of a server');
assert.equal(value(session.attributes, 'http.route'), '/auth/session');
assert.equal(String(value(session.attributes, 'http.response.status_code')), '401');
assert.equal(value(session.attributes, 'holdfast.request.id'), id);
assert.ok(BigInt(session.endTimeUnixNano) > BigInt(session.startTimeUnixNano));
// What is malformed joins nothing.
const lost = spans.find((span) => String(value(span.attributes, 'http.response.status_code')) === '404');
assert.ok(lost && lost.traceId !== trace && !lost.parentSpanId, 'a malformed traceparent was taken for one');
// A failed sign-in writes an event, and that takes time within it.
const failed = one('POST /auth/passkey/login/verify');
const within = spans.filter((span) => span.traceId === failed.traceId && span.parentSpanId === failed.spanId);
assert.ok(within.some((span) => span.name === 'audit.commit'), `within it: ${within.map((span) => span.name)}`);
console.log(`${spans.length} spans in ${bodies.length} batches, each as it should be`);
