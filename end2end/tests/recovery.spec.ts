// “I lost my phone”: from the sign-in page to signed in, with the wait; and everybody who can stop it.

import { codeIn, letterTo, linkIn } from '../support/mails';
import { expect, test } from '../support/recovering';
import { makeCodes } from '../support/states';

test('a person who has lost their phone is back in with two codes, a wait and a new passkey', async ({ device, signIn, account, passkeys, recovery, recover, address, page, watch, picture }) => {
  await makeCodes({ page, address, watch });
  const codes = (await recovery.codes.innerText()).trim().split('\n');
  expect(codes).toHaveLength(10);
  await letterTo(address, /^New recovery codes/);
  await page.reload();
  await expect(page.getByText('10 of 10 are left.')).toBeVisible();
  await expect(recovery.codes).toBeHidden();

  // The phone is gone, and with it the passkey.
  const [lost] = await device.passkeys();
  await device.forget(lost!);
  await page.goto('/account');
  await account.leave();
  await signIn.open();
  await picture('1-sign-in');
  await page.getByRole('link', { name: 'Get back in' }).click();

  await recover.email.fill(address);
  await picture('2-address');
  await recover.send.click();
  const mailed = codeIn(await letterTo(address, /^Your recovery code/));
  await recover.mailCode.fill(mailed);
  await picture('3-codes');
  await recover.check(0).click();
  await expect(page.getByText('The code from the mail was right.')).toBeVisible();
  watch.expect(/status of 400 .*\/auth\/recovery\/approve/);
  await recover.savedCode.fill('7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-Z');
  await recover.check(0).click();
  await expect(recover.savedCode).toHaveAccessibleDescription(/not one of your recovery codes/);
  await recover.savedCode.fill(codes[4]!.toLowerCase().replaceAll('-', ' '));
  await recover.check(0).click();
  await expect(page.getByRole('heading', { name: 'You can make a new passkey' })).toBeVisible();
  await expect(recover.make).toHaveCount(0);
  await picture('4-wait');
  await letterTo(address, /^Somebody is recovering/);

  await expect(async () => {
    await page.reload();
    await expect(recover.make).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await picture('5-ready');
  await recover.make.click();
  await page.waitForURL('/account/recovery');
  await expect(page.getByText('You have none yet.')).toBeVisible();
  await picture('6-back-in');
  expect(await device.passkeys()).toHaveLength(1);
  await letterTo(address, /was recovered$/);
  await passkeys.open();
  await expect(page.getByText('suspended', { exact: false }).first()).toBeVisible();
  await picture('7-passkeys');
});

test('whoever reads the mail stops it, signed out and without JavaScript', async ({ device, recovery, recover, address, page, watch, thief, picture }) => {
  await makeCodes({ page, address, watch });
  const [code] = (await recovery.codes.innerText()).trim().split('\n');
  await device.touches(false);

  const { page: other, context } = await thief();
  await context.clearCookies();
  const theirs = recover.at(other);
  await other.goto('/recover');
  await theirs.email.fill(address);
  await theirs.send.click();
  await theirs.mailCode.fill(codeIn(await letterTo(address, /^Your recovery code/)));
  await theirs.check(0).click();
  await theirs.savedCode.fill(code!);
  await theirs.check(0).click();
  await expect(other.getByRole('heading', { name: 'You can make a new passkey' })).toBeVisible();

  // The owner's own page says so by itself, and so does each that is opened.
  await expect(page.locator('.alarm').getByText('Somebody is recovering this account.')).toBeVisible();
  await page.goto('/account');
  await page.getByRole('link', { name: 'See how far it is, and stop it' }).click();
  await expect(page.getByRole('heading', { name: 'Somebody is recovering this account' })).toBeVisible();
  await picture('8-the-owner-is-told');

  const { page: mailer, context: mail } = await thief({ javaScriptEnabled: false });
  await mail.clearCookies();
  await mailer.goto(linkIn(await letterTo(address, /^Somebody is recovering/)));
  await expect(mailer).toHaveURL('/not-me');
  await mailer.getByRole('button', { name: 'Stop the recovery' }).click();
  await expect(mailer.getByText('It is stopped.')).toBeVisible();
  await other.reload();
  await expect(other.getByText('This recovery was stopped.')).toBeVisible();
  await expect(page.locator('.alarm').getByText('Somebody is recovering this account.')).toBeHidden();
  await letterTo(address, /was stopped$/);
});
