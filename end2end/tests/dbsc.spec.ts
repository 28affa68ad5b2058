// Device Bound Session Credentials (W3C draft) in a browser that knows them: it keeps a key of its own for the session
// and signs with it for every bound cookie. Nothing here waits for a cookie to run out: one that is cleared is fetched
// anew at the next request.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Bindings } from '../support/bindings';
import { HandMade, challengeOf } from '../support/hand-made';
import { SignUpPage } from '../support/pages';
import { BOUND, BOUND_SESSION, SID, cookiesOf, expect, lookalike, session, signInAgain, test, valueOf } from '../support/secure';
import { Device } from '../support/test';
import { Watch } from '../support/watch';

test.describe.configure({ mode: 'default' });

test('s19_register: signing up binds the session to a key of the browser', async ({ bindings, device: _, signUp, address, page, context }) => {
  await signUp.complete(address);
  const id = await bindings.made();

  expect(await session(page)).toMatchObject(BOUND_SESSION);
  expect(await bindings.held()).toEqual([id]);
  const bound = (await context.cookies()).find(({ name }) => name === BOUND);
  expect(bound).toMatchObject({ path: '/', secure: true, httpOnly: true, sameSite: 'Lax' });
});

test('s19_refresh: without its bound cookie the browser signs for a new one before the request goes out', async ({ bindings, device: _, signUp, address, page, context }) => {
  await signUp.complete(address);
  const id = await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  const before = await valueOf(context, BOUND);

  await context.clearCookies({ name: BOUND });
  expect(await session(page)).toMatchObject(BOUND_SESSION);

  const refresh = await bindings.next('refresh');
  expect(refresh).toMatchObject({ succeeded: true, sessionId: id, refreshEventDetails: { refreshResult: 'Refreshed' } });
  const after = await valueOf(context, BOUND);
  expect(after).toMatch(/^[\w-]{43}$/);
  expect(after).not.toBe(before);
});

test('s19_sign_out: the binding ends with the session, here and on the server', async ({ bindings, byHand, device, signUp, account, address, page, context, watch }) => {
  await signUp.complete(address);
  const mine = new HandMade(byHand);
  mine.id = await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  expect((await mine.refreshWith()).status, 'a challenge, while it is there').toBe(403);
  const copied = await cookiesOf(context);

  await device.touches(false);
  await account.leave();

  expect(await bindings.next('termination')).toMatchObject({ sessionId: mine.id, terminationEventDetails: { deletionReason: 'StoragePartitionCleared' } });
  expect(await bindings.held()).toEqual([]);
  const left = (await context.cookies()).map(({ name }) => name);
  expect(left).not.toContain(SID);
  expect(left).not.toContain(BOUND);
  watch.expect(/status of 401/);
  expect(await session(page)).toMatchObject({ status: 401, code: 'no_session' });
  const answer = await byHand('/auth/session', { headers: { cookie: copied } });
  expect(answer.status).toBe(401);
  expect(answer.json().code).toBe('invalid_session');
  expect((await mine.refreshWith()).status).toBe(401);
});

test('s19_sign_in_again: the new session has a binding of its own, and the old one is over', async ({ bindings, byHand, device: _, signUp, address, page, context }) => {
  await signUp.complete(address);
  const old = new HandMade(byHand);
  old.id = await bindings.made();
  const before = await session(page);
  expect(before).toMatchObject(BOUND_SESSION);
  const copied = await cookiesOf(context);

  await signInAgain(page);
  let id = await bindings.made();

  expect(id).not.toBe(old.id);
  const after = await session(page);
  expect(after).toMatchObject(BOUND_SESSION);
  expect(after.session!.id).not.toBe(before.session!.id);
  expect((await byHand('/auth/session', { headers: { cookie: copied } })).status).toBe(401);
  expect((await old.refreshWith()).status).toBe(401);

  // The browser still holds the old binding, and takes the two in the order of their ids. Either way the person notices
  // nothing: until it has come to a dead one first, and learned that it is.
  for (;;) {
    await context.clearCookies({ name: BOUND });
    expect(await session(page)).toMatchObject(BOUND_SESSION);
    if (bindings.all('termination').length > 0) break;
    await signInAgain(page);
    id = await bindings.made();
  }
  expect((await bindings.next('termination')).terminationEventDetails).toEqual({ deletionReason: 'RefreshFatalError' });
  expect(await bindings.held()).toContain(id);
});

test('s19_copied: a copy of both cookies is worth nothing once the browser has gone on', async ({ bindings, byHand, device: _, signUp, address, page, context }) => {
  await signUp.complete(address);
  await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  // As the browser in every respect but the key.
  const headers = { ...(await lookalike(page)), cookie: await cookiesOf(context) };
  expect((await byHand('/auth/session', { headers })).status, 'while the copy is fresh').toBe(200);

  // Twice: for ten seconds the cookie before is accepted too, for requests that were under way.
  for (let times = 0; times < 2; times += 1) {
    await context.clearCookies({ name: BOUND });
    expect(await session(page)).toMatchObject(BOUND_SESSION);
    expect((await bindings.next('refresh')).succeeded).toBe(true);
  }

  for (const path of ['/auth/session', '/auth/session?watch=1', '/auth/passkeys']) {
    const answer = await byHand(path, { headers: { ...headers, accept: 'application/json' } });
    expect(answer.status, path).toBe(403);
    expect(answer.json(), path).toMatchObject({
      code: 'step_up_required',
      action: 'PASSKEY_ASSERTION',
      reasons: [{ signal: 'bound_cookie_missing', points: 60 }],
    });
  }
  for (const path of ['/account', '/account/sessions', '/account/api-keys']) {
    const answer = await byHand(path, { headers: { ...headers, accept: 'text/html' } });
    expect(answer.status, path).toBe(403);
    expect(answer.text, path).not.toContain(address);
  }
  // These want more than cookies to begin with.
  for (const path of ['/auth/sessions', '/api-keys', '/account/sessions/panel', '/account/api-keys/panel']) {
    expect((await byHand(path, { headers })).status, path).toBe(401);
  }
  const changes = { '/auth/session/rotate': '{}', '/auth/step-up/options': '{"action":"passkey_add","params":{}}', '/api-keys': '{"name":"x"}' };
  for (const [path, body] of Object.entries(changes)) {
    const request = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
    expect((await byHand(path, request)).status, path).toBe(401);
  }
  expect(await session(page), 'the owner').toMatchObject(BOUND_SESSION);
});

test('s19_wrong_key: a signature by another key ends the session, and the person is told', async ({ bindings, byHand, device, signUp, address, page, watch }) => {
  await signUp.complete(address);
  const thief = new HandMade(byHand);
  thief.id = await bindings.made();
  expect(await session(page)).toMatchObject(BOUND_SESSION);
  await device.touches(false);
  watch.expect(/status of 401/);

  const asked = await thief.refreshWith();
  expect(asked.status).toBe(403);
  const refused = await thief.refreshWith(thief.response(challengeOf(asked, thief.id)));
  expect(refused.status).toBe(401);
  expect(refused.headers['set-cookie']).toBeUndefined();

  // The open page finds out by itself.
  await page.waitForURL('/');
  await expect(page.getByText('We ended your session to protect you.')).toBeVisible();
  await expect(page.getByText('could not show this device’s key')).toBeVisible();
  expect((await thief.refreshWith()).status).toBe(401);
});

test('s19_other_site: a link from another site arrives signed in', async ({ bindings, device: _, signUp, account, address, page, context, baseURL, watch }) => {
  const other = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<title>Elsewhere</title><a href="${baseURL}/account">Your account</a>`);
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    watch.alsoAt(elsewhere);
    await signUp.complete(address);
    const id = await bindings.made();
    expect(await session(page)).toMatchObject(BOUND_SESSION);

    await page.goto(elsewhere);
    await context.clearCookies({ name: BOUND });
    const arrived = page.waitForResponse(`${baseURL}/account`);
    await page.getByRole('link', { name: 'Your account' }).click();

    const answer = await arrived;
    expect(answer.status()).toBe(200);
    expect(await answer.request().headerValue('sec-fetch-site')).toBe('cross-site');
    await account.belongsTo(address);
    expect(await bindings.next('refresh')).toMatchObject({ succeeded: true, sessionId: id });
  } finally {
    other.closeAllConnections();
    other.close();
  }
});

test('s19_restart: the binding outlives the browser', async ({ playwright, launchOptions, baseURL, address, locale, timezoneId }) => {
  const profile = await mkdtemp(join(tmpdir(), 'holdfast-profile-'));
  const start = async () => {
    const context = await playwright.chromium.launchPersistentContext(profile, { ...launchOptions, baseURL, locale, timezoneId });
    const watch = await Watch.over(context, baseURL!);
    const page = context.pages()[0] ?? (await context.newPage());
    return { context, watch, page, bindings: await Bindings.over(page) };
  };
  try {
    const first = await start();
    await Device.addTo(first.page);
    await new SignUpPage(first.page).complete(address);
    const id = await first.bindings.made();
    const before = await session(first.page);
    expect(before).toMatchObject(BOUND_SESSION);
    await first.watch.judge();
    await first.context.close();

    const second = await start();
    expect(await second.bindings.held()).toEqual([id]);
    await second.context.clearCookies({ name: BOUND });
    const answer = await second.page.goto('/account');
    expect(answer!.status()).toBe(200);
    expect(await second.bindings.next('refresh')).toMatchObject({ succeeded: true, sessionId: id });
    const after = await session(second.page);
    expect(after).toMatchObject(BOUND_SESSION);
    expect(after.session!.id).toBe(before.session!.id);
    await second.watch.judge();
    await second.context.close();
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
});
