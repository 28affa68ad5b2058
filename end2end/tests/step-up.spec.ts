// A visit that looks unlike the person: one more touch, and they are where they were going.

import { ConfirmPage } from '../support/pages';
import { FIREFOX, expect, looksLike, test } from '../support/test';

/** The page comes with the status that it is. */
const HELD = /status of 403 .*\/account\/sessions/;

test('a session in another kind of browser is asked for a touch, and goes on where it was', async ({ device: _, signUp, account, sessions, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  await looksLike(page, FIREFOX);
  // That alone is not enough to be asked on pages where little can be lost.
  await page.goto('/account');
  await account.belongsTo('Ada');

  watch.expect(HELD);
  const confirm = new ConfirmPage(page);
  await page.goto('/account/sessions');
  await confirm.shown();
  await expect(page.getByRole('heading', { name: 'Why we ask' })).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveText([
    'This looks like another browser or device.',
    'This shows and ends the sessions of your account.',
  ]);
  await confirm.button.click();
  await sessions.shown();
  expect(new URL(page.url()).pathname).toBe('/account/sessions');
  await expect(sessions.here).toContainText('Firefox on Windows');

  // The touch has vouched for it.
  await page.goto('/account/api-keys');
  await expect(page.getByText('You have no API keys.')).toBeVisible();
});

test('who stops there is not let in, is told so, and may try again', async ({ device, signUp, sessions, address, page, watch }) => {
  await signUp.complete(address);
  await looksLike(page, FIREFOX);
  await device.touches(false);
  watch.expect(HELD);
  const confirm = new ConfirmPage(page);
  await page.goto('/account/sessions');
  await confirm.button.click();
  await expect(page.getByText('Your device is asking for your passkey.')).toBeVisible();
  await confirm.cancel.click();
  await expect(page.getByText('Stopped. Nothing was changed.')).toBeVisible();
  await expect(confirm.button).toBeFocused();
  await page.reload();
  await confirm.shown();

  await device.touches(true);
  await confirm.button.press('Enter');
  await sessions.shown();
});

test('who has no passkey at hand signs out there', async ({ device, signUp, signIn, account, address, page, watch }) => {
  await signUp.complete(address);
  await looksLike(page, FIREFOX);
  await device.touches(false);
  watch.expect(HELD);
  await page.goto('/account/sessions');
  await new ConfirmPage(page).shown();
  await account.leave();
  await expect(signIn.button).toBeVisible();
});

test('a press on a page from before the change is answered, and its touch is good for the next page too', async ({ device: _, signUp, apiKeys, address, page, watch }) => {
  await signUp.complete(address);
  await apiKeys.open();
  await looksLike(page, FIREFOX);
  watch.expect(/status of 403 .*\/api-keys/);
  await apiKeys.name.fill('Deploys');
  await apiKeys.create.click();
  await apiKeys.touch.press();
  await expect(apiKeys.status).toContainText('Your new key is ready.');
  await expect(apiKeys.secret).toBeVisible();

  await page.reload();
  await expect(apiKeys.keys).toHaveCount(1);
  await expect(new ConfirmPage(page).button).toBeHidden();
});

test('somebody with the cookie, another browser and no passkey does not get past it', async ({ device: _, signUp, sessions, address, thief }) => {
  await signUp.complete(address);
  const other = await thief(FIREFOX);
  other.watch.expect(HELD);
  other.watch.expect(/status of 401 .*\/auth\/step-up\/options/);
  await other.page.goto('/account/sessions');
  const confirm = new ConfirmPage(other.page);
  await confirm.button.click();
  await expect(other.page.getByText('This browser no longer has the key that locked you in here.')).toBeVisible();
  await expect(other.page.getByText(address)).toHaveCount(0);
  await sessions.open();
});

test('without JavaScript the page says what it needs, and why', async ({ device: _, signUp, address, thief }) => {
  await signUp.complete(address);
  const { page, watch } = await thief({ ...FIREFOX, javaScriptEnabled: false });
  watch.expect(HELD);
  await page.goto('/account/sessions');
  await expect(page.getByRole('heading', { level: 1, name: 'Is this still you?' })).toBeVisible();
  const [title, detail] = await page.locator('noscript p').all();
  await expect(title).toHaveText('This page needs JavaScript to ask for your passkey.');
  await expect(detail).toContainText('Turn JavaScript on for this site, then reload.');
  await expect(page.getByRole('button')).toHaveCount(0);
});
