// examples/caddy as it is: a real Caddy, which hands on what Holdfast answers.

import { ConfirmPage } from '../support/pages';
import { ORIGIN, behind, call, expect } from '../support/proxied';
import { startCaddy } from '../support/proxies.mjs';

const test = behind(startCaddy);

/** What the API answers is no page, so the browser looks for an icon by itself. */
const NO_ICON = /favicon\.ico/;

test('who is signed out is sent to sign in by a redirect, and a script is told', async ({ device: _, signUp, address, page, watch }) => {
  watch.allow(NO_ICON);
  await page.goto('/app/page?q=a%20b');
  await expect(page).toHaveURL(/^https:\/\/login\.test\/\?to=/);
  watch.expect(/status of 401/);
  expect(await call(page)).toMatchObject({ status: 401, body: { code: 'no_session' } });
  await page.getByRole('link', { name: 'Create an account' }).click();
  await signUp.email.fill(address);
  await signUp.button.click();
  // The example's API answers every page of this app.
  await expect(page).toHaveURL('/app/page?q=a%20b');
  await expect(page.getByText('"path":"/app/page?q=a%20b"')).toBeVisible();
});

test('the API hears from Caddy who it is, whatever a page says', async ({ device: _, signUp, address, page, watch }) => {
  watch.allow(NO_ICON);
  await signUp.complete(address);
  const own = await page.evaluate(async () => (await fetch('/auth/session')).json());
  const heard = await call(page);
  expect(heard).toMatchObject({ status: 200, body: { user: own.user.id, session: own.session.id } });
  expect(heard.body.email, 'the address is not verified').toBeUndefined();
  expect(heard.body.cookie).toBeUndefined();
  const spoofed = await call(page, 'GET', { 'X-Auth-User': 'somebody', 'X-Auth-Email': 'x@example.test', 'X-Forwarded-Uri': '/', 'X-Forwarded-Method': 'GET' });
  expect(spoofed.body).toEqual(heard.body);
  watch.expect(/status of 404/);
  expect(await page.evaluate(async () => (await fetch('/auth/forward')).status)).toBe(404);
});

test('a part of the app takes one more touch, and so does a change that matters', async ({ device: _, signUp, address, page, watch }) => {
  watch.allow(NO_ICON);
  await signUp.complete(address);
  watch.expect(/status of 403/);
  await page.goto('/app/admin/x');
  await expect(page.getByRole('heading', { name: 'One more touch' })).toBeVisible();
  await new ConfirmPage(page).button.click();
  await expect(page.getByText('"path":"/app/admin/x"')).toBeVisible();
  expect(await call(page, 'POST')).toMatchObject({ status: 403, page: `${ORIGIN}/continue?to=%2Fapp%2Fadmin%2Fx&area=%2Fapp%2Fapi`, body: { code: 'step_up_required' } });
});
