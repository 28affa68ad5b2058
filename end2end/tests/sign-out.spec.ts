import { AccountPage, SignInPage } from '../support/pages';
import { expect, test } from '../support/test';

test('signing out says so and ends the session', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address);
  await device.touches(false);
  await account.leave();

  await expect(page.getByText('Your passkey stays on your device for next time.')).toBeVisible();
  await expect(signIn.button).toBeVisible();
  await page.goto('/account');
  await page.waitForURL('/');
  await expect(page.getByText('You are signed out.')).toBeHidden();
});

test('after signing out the way back leads to no account', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();

  await page.goBack();
  await page.waitForURL('/');
  await expect(signIn.button).toBeVisible();
  await expect(page.getByText('Ada')).toBeHidden();
});

test('a copy of the cookie is worth nothing after signing out', async ({ device, signUp, signIn, account, address, page, context }) => {
  await signUp.complete(address);
  const stolen = (await context.cookies()).filter(({ name }) => name === '__Host-sid');
  expect(stolen).toHaveLength(1);
  await device.touches(false);
  await account.leave();

  await context.addCookies(stolen);
  const answer = await page.request.get('/auth/session');
  expect(answer.status()).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'invalid_session' });
  await page.goto('/account');
  await page.waitForURL('/');
  await expect(signIn.button).toBeVisible();
});

test('signing out clears what the browser stored for us', async ({ device, signUp, account, address, page }) => {
  await signUp.complete(address);
  await device.touches(false);
  await page.evaluate(() => localStorage.setItem('left', 'behind'));
  const answered = page.waitForResponse('**/auth/logout');
  await account.leave();

  expect(await (await answered).headerValue('clear-site-data')).toBe('"storage"');
  expect(await page.evaluate(() => localStorage.getItem('left'))).toBeNull();
});

test('when signing out does not reach the server the person is told, and a second press works', async ({ device, signUp, account, address, page, watch }) => {
  await signUp.complete(address);
  await device.touches(false);
  watch.expect(/net::ERR_FAILED .*\/auth\/logout/);
  await page.route('**/auth/logout', (route) => route.abort());
  await account.signOut.click();

  await expect(account.alert).toContainText('You may still be signed in.');
  await expect(account.alert).toContainText('Check your connection, then press the button again.');

  await page.unroute('**/auth/logout');
  await account.leave();
});

test('signing out in one tab leads the other tab out, too', async ({ device, signUp, signIn, account, address, context, watch }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  const tab = await context.newPage();
  await tab.goto('/account');
  await new AccountPage(tab).belongsTo('Ada');

  watch.expect(/status of 401 .*\/auth\/session\?watch=1/);
  await account.leave();
  await tab.bringToFront();
  await tab.waitForURL('/');
  await expect(new SignInPage(tab).button).toBeVisible();
  await expect(tab.getByText('Ada')).toBeHidden();
  await expect(signIn.button).toBeVisible();
});
