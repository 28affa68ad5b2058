import { Device, expect, test } from '../support/test';

test('a person signs up with an address and a name and sees whose account it is', async ({ device, signUp, account, address, page }) => {
  await signUp.complete(address, 'Ada Lovelace');

  await account.belongsTo('Ada Lovelace');
  await expect(page.getByText(address)).toBeVisible();
  await expect(page.getByText('Not verified yet')).toBeVisible();
  await expect(page).toHaveTitle('Your account · Holdfast');

  await expect(account.passkeys).toHaveCount(1);
  await expect(account.passkeys.getByText('Synced across your devices')).toBeVisible();
  await expect(account.passkeys.getByText('Not used yet')).toBeVisible();
  await expect(page.getByText('This is your only passkey.')).toBeVisible();

  const [kept, ...others] = await device.passkeys();
  expect(others).toEqual([]);
  expect(kept).toMatchObject({ isResidentCredential: true, rpId: 'localhost', userName: address, userDisplayName: 'Ada Lovelace' });
  expect(Buffer.from(kept.userHandle!, 'base64')).toHaveLength(16);
});

test('a person signs up without a name and is called by the address', async ({ device: _, signUp, account, address }) => {
  await signUp.complete(address);
  await account.belongsTo(address);
});

test('an address is kept in one spelling, however it was typed', async ({ device: _, signUp, account, address }) => {
  await signUp.complete(`  ${address.toUpperCase()} `);
  await account.belongsTo(address);
});

test('two people may claim the same address, and each has an account of their own', async ({ device, signUp, account, address, page }) => {
  await signUp.complete(address, 'First');
  await device.touches(false);
  await account.leave();
  await device.touches(true);
  await signUp.complete(address, 'Second');

  await account.belongsTo('Second');
  await expect(account.passkeys).toHaveCount(1);
  await expect(page.getByText('First')).toBeHidden();
  const handles = (await device.passkeys()).map(({ userHandle }) => userHandle);
  expect(new Set(handles).size).toBe(2);
});

test('a passkey that stays on one device is said to stay there', async ({ page, signUp, account, address }) => {
  await Device.addTo(page, { defaultBackupEligibility: false, defaultBackupState: false });
  await signUp.complete(address);

  await expect(account.passkeys.getByText('On one device only')).toBeVisible();
  await expect(page.getByText('it is on one device only. With a second one you can lose that device and still get in.')).toBeVisible();
});

test('moments on the account page carry the exact time in the person’s own zone', async ({ device: _, signUp, account, address }) => {
  await signUp.complete(address);

  const created = account.passkeys.getByText('just now');
  // Europe/London and British English are the browser's, by configuration.
  await expect(created).toHaveAttribute('title', /^\d{1,2} [A-Z][a-z]+ \d{4} at \d{2}:\d{2}$/);
});
