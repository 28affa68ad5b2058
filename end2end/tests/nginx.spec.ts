// examples/nginx as it is: a real nginx in front of Holdfast, a static app and a small API on the same host.

import type { Page } from '@playwright/test';

import { ConfirmPage, SessionsPage } from '../support/pages';
import { ORIGIN, behind, call, expect } from '../support/proxied';
import { OWN_HOST, startNginx } from '../support/proxies.mjs';

const test = behind(startNginx);

const app = (page: Page) => page.getByRole('heading', { name: 'An app', exact: true });
const admin = (page: Page) => page.getByRole('heading', { name: 'The other side of the app' });

test('who is signed out signs up or in, and is where they were going', async ({ device, signUp, signIn, account, address, page, picture }) => {
  await page.goto('/app/?q=a%20b&c=d');
  await expect(page).toHaveURL(/^https:\/\/login\.test\/\?to=/);
  await expect(page.getByText('One touch, and you go on where you were.')).toBeVisible();
  await picture('sign-in-for-an-app');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(app(page)).toBeVisible();
  await expect(page).toHaveURL('/app/?q=a%20b&c=d');

  await page.goto('/account');
  await device.touches(false);
  await account.leave();
  await page.goto('/app/?again');
  await signIn.byButton(device);
  await expect(app(page)).toBeVisible();
  await expect(page).toHaveURL('/app/?again');
  // Back does not lead to a page that asks to sign in.
  await page.goto('/account');
  await page.goBack();
  await expect(app(page)).toBeVisible();
});

test('the API hears from nginx who it is, whatever a page says', async ({ device: _, signUp, address, page, watch, context }) => {
  await signUp.complete(address);
  const own = await page.evaluate(async () => (await fetch('/auth/session')).json());
  await page.goto('/app/');
  const told = { user: own.user.id, named: own.user.id, session: own.session.id, path: '/app/api/me?x=1' };
  const heard = await call(page);
  expect(heard).toMatchObject({ status: 200, body: { ...told, method: 'GET' } });
  expect(heard.body.email, 'the address is not verified').toBeUndefined();
  expect(heard.body.cookie).toBeUndefined();
  const spoofed = await call(page, 'GET', { 'X-Auth-User': 'somebody', 'X-Auth-Email': 'x@example.test', 'X-Forwarded-Uri': '/app/' });
  expect(spoofed.body).toEqual(heard.body);
  // Nobody can ask the question by hand.
  watch.expect(/status of 404/);
  expect(await page.evaluate(async () => (await fetch('/auth/forward')).status)).toBe(404);

  watch.expect(/status of 401/);
  await context.clearCookies({ name: '__Host-sid' });
  expect(await call(page)).toMatchObject({ status: 401, page: `${ORIGIN}/continue?to=%2Fapp%2F`, body: { error: 'Please sign in.' } });
});

test('the API believes only what is signed for it, also from whoever reaches its port', async ({ device: _, signUp, address, page, server }) => {
  await signUp.complete(address);
  const own = await page.evaluate(async () => (await fetch('/auth/session')).json());
  await page.goto('/app/');
  expect((await call(page)).body.user).toBe(own.user.id);
  expect((await call(page, 'GET', { 'X-Auth-Token': 'a.b.c' })).body.user, 'nginx replaces it').toBe(own.user.id);

  const reach = async (headers: Record<string, string>) => (await fetch(`http://127.0.0.1:${server.apiPort}/app/api/me`, { headers })).json();
  expect(await reach({ 'X-Auth-User': own.user.id })).toMatchObject({ named: own.user.id });
  expect((await reach({ 'X-Auth-User': own.user.id })).user, 'nobody signed that').toBeUndefined();
  const token = [{ alg: 'none' }, { sub: own.user.id, iss: ORIGIN, aud: ORIGIN, exp: 4e9, iat: 0 }];
  const forged = `${token.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  expect((await reach({ 'X-Auth-Token': forged })).user).toBeUndefined();
});

test('a part of the app takes one more touch, and so does a change that matters', async ({ device, signUp, address, page, watch, picture }) => {
  await signUp.complete(address);
  const confirm = new ConfirmPage(page);
  watch.expect(/status of 403 .*\/continue/);
  await page.goto('/app/');
  await page.getByRole('link', { name: 'Its other side' }).click();
  await expect(page.getByRole('heading', { name: 'One more touch' })).toBeVisible();
  // Nothing has changed, so there is nothing to look at.
  await expect(page.getByText('Why we ask')).toHaveCount(0);
  await picture('touch-for-an-app');
  await confirm.button.click();
  await expect(admin(page)).toBeVisible();
  await expect(page).toHaveURL('/app/admin/');
  await page.reload();
  await expect(admin(page)).toBeVisible();

  await page.goto('/app/');
  watch.expect(/status of 403 .*\/app\/api\/me/);
  const asked = await call(page, 'POST');
  expect(asked).toMatchObject({ status: 403, page: `${ORIGIN}/continue?to=%2Fapp%2F&area=%2Fapp%2Fapi` });
  await page.goto(asked.page!);
  await confirm.button.click();
  await expect(app(page)).toBeVisible();
  expect(await call(page, 'POST')).toMatchObject({ status: 200, body: { method: 'POST' } });

  // Without a touch nobody gets there.
  await device.touches(false);
  await page.context().clearCookies({ name: '__Host-step-up' });
  await page.goto('/app/admin/');
  await expect(page.getByRole('heading', { name: 'One more touch' })).toBeVisible();
});

test('a session that is ended elsewhere is over in the app at the next request', async ({ device, signUp, address, page, watch, elsewhere }) => {
  await signUp.complete(address);
  await page.goto('/app/');
  expect((await call(page)).status).toBe(200);
  const { page: other, watch: theirs, device: second } = await elsewhere();
  await second.touches(true);
  theirs.expect(/status of 403 .*\/auth\/sessions\/revoke/);
  const others = new SessionsPage(other);
  await others.open();
  await others.endOthers.click();
  await others.touch.press();
  await expect(others.elsewhere).toHaveCount(0);
  watch.expect(/status of 401/);
  expect((await call(page)).status).toBe(401);
  await device.touches(false);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in with a passkey' })).toBeVisible();
});

test('a page of another site changes nothing, and leads there all the same', async ({ device: _, signUp, address, page, watch, context }) => {
  await signUp.complete(address);
  const OTHER = 'https://other.test';
  watch.alsoAt(OTHER);
  watch.expect(/status of 403/);
  await context.route(`${OTHER}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<title>Other</title><form method="post" action="${ORIGIN}/app/api/me"><button>Send</button></form><a href="${ORIGIN}/app/">Go</a>` }),
  );
  await page.goto(`${OTHER}/`);
  // Lax keeps the cookie at home; were it not so, nginx would hear that it is refused.
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('This needs one more touch of your passkey, or is not allowed.')).toBeVisible();
  await page.goto(`${OTHER}/`);
  await page.getByRole('link', { name: 'Go' }).click();
  await expect(app(page)).toBeVisible();
});

test('an app on a host of its own has a session of that host, and it ends with the one it came from', async ({ device, signUp, signIn, account, address, page, context, watch }) => {
  const app = `https://${OWN_HOST}/board?x=1`;
  watch.expect(/^request to another site: https:\/\/app\.test\//);
  const heard = async () => JSON.parse(await page.locator('body').innerText());
  await page.goto(app);
  await expect(page).toHaveURL(/^https:\/\/login\.test\/\?to=/);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(page).toHaveURL(app);
  const first = await heard();
  expect(first).toMatchObject({ method: 'GET', path: '/board?x=1' });
  expect(first.user, 'signed for this host').toBe(first.named);
  expect(first.cookie).toBeUndefined();
  const there = (await context.cookies(app)).map((cookie) => [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite]);
  expect(there.sort()).toEqual([['__Host-app', true, true, 'Lax'], ['__Host-app-state', true, true, 'Lax']]);
  // A script there is named, too, and nothing of the login's is within its reach.
  const script = await page.evaluate(async () => (await fetch('/me', { method: 'POST' })).json());
  expect(script).toMatchObject({ method: 'POST', user: first.user });

  await page.goto(`${ORIGIN}/account`);
  await device.touches(false);
  await account.leave();
  await page.goto(app);
  await signIn.byButton(device);
  await expect(page).toHaveURL(app);
  expect(await heard()).toMatchObject({ user: first.user });
  expect((await heard()).session).not.toBe(first.session);
});
