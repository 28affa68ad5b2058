// The end of an account: asked for with a touch, kept with one press, here or from the mail.

import { codeIn, letterTo, linkIn } from '../support/mails';
import type { RecoveryPage } from '../support/pages';
import { expect, test } from '../support/test';

/** A change that matters is refused until the passkey is touched; Chromium writes that into the console. */
const DELETE_ASKS = /status of 403 .*\/account\/delete\)/;

const WILL = /^Your account will be deleted on \d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC$/;

async function confirm(recovery: RecoveryPage, address: string) {
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  await recovery.confirm.click();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
}

test('by keyboard: asked for with a touch, said on every visit, and kept with one press', async ({ device: _, signUp, account, address, page, watch, elsewhere }) => {
  await signUp.complete(address, 'Ada');
  const other = await elsewhere();
  await page.goto('/account');
  await account.link('Delete your account').focus();
  await page.keyboard.press('Enter');
  await expect(account.heading('Delete your account')).toBeVisible();
  await expect(page.getByText('You have 7 days to change your mind.')).toBeVisible();

  watch.expect(DELETE_ASKS);
  await page.getByRole('button', { name: 'Delete my account' }).focus();
  await page.keyboard.press('Enter');
  await expect(account.touch.box).toContainText('Delete your account. You have 7 days to change your mind.');
  await expect(account.touch.button).toBeFocused();
  await page.keyboard.press('Enter');
  const title = page.getByRole('heading', { name: WILL });
  await expect(title).toBeVisible();
  // The button that was pressed has gone.
  await expect(title).toBeFocused();
  await expect(account.status).toContainText('Your account will be deleted in 7 days.');
  await other.page.waitForURL('/');
  await expect(other.page.getByText('This session was ended from another device of yours.')).toBeVisible();

  await page.goto('/account');
  await account.belongsTo('Ada');
  await expect(title).toBeVisible();
  await page.getByRole('button', { name: 'Keep my account' }).focus();
  await page.keyboard.press('Enter');
  await expect(account.status.first()).toContainText('Your account stays.');
  await expect(title).toHaveCount(0);
  await expect(page.getByText('Nothing was deleted, and nothing will be.')).toBeFocused();
  await expect(account.touch.box, 'nobody loses anything by that').toBeHidden();
  await page.reload();
  await account.belongsTo('Ada');
  await expect(page.getByText('will be deleted')).toHaveCount(0);
});

test('who comes back can keep it, and a dismissed touch deletes nothing', async ({ device, signUp, signIn, account, address, page, watch }) => {
  await signUp.complete(address, 'Ada');
  watch.expect(DELETE_ASKS);
  await page.goto('/account/delete');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await account.touch.cancel.click();
  await expect(page.getByRole('heading', { name: WILL })).toHaveCount(0);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await account.touch.press();
  await expect(page.getByRole('heading', { name: WILL })).toBeVisible();
  await device.touches(false);
  await page.goto('/account');
  await account.leave();
  await signIn.byButton(device);
  await account.belongsTo('Ada');
  await page.getByRole('button', { name: 'Keep my account' }).click();
  await expect(account.status.first()).toContainText('Your account stays.');
});

test('the link in the mail keeps it, signed out and without JavaScript', async ({ device, signUp, recovery, account, address, page, watch, thief }) => {
  await signUp.complete(address);
  await confirm(recovery, address);
  watch.expect(DELETE_ASKS);
  await page.goto('/account/delete');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await account.touch.press();
  await expect(page.getByRole('heading', { name: WILL })).toBeVisible();
  const letter = await letterTo(address, /^Your Holdfast account will be deleted$/);
  await device.touches(false);

  const { page: mailer, context } = await thief({ javaScriptEnabled: false });
  await context.clearCookies();
  watch.allow(/status of 401 .*\/auth\/session\?watch=1/);
  await mailer.goto(linkIn(letter));
  await expect(mailer).toHaveURL('/not-me');
  await expect(mailer.getByRole('heading', { level: 2, name: WILL })).toBeVisible();
  await mailer.getByRole('button', { name: 'Keep my account' }).click();
  await expect(mailer.getByRole('heading', { level: 1, name: 'Your account stays' })).toBeVisible();
  await letterTo(address, /^Your Holdfast account stays$/);
  // Whoever had asked for it may have been somebody else.
  await page.waitForURL('/');
});
