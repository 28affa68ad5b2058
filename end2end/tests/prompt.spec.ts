// What a person is told when the device’s prompt does not end in a passkey, and how they go on from there.

import type { Page } from '@playwright/test';

import { Device, expect, test } from '../support/test';

/** The browser's answer to the next prompts, for what no virtual device can be made to say. */
async function answerPromptsWith(page: Page, exception: string) {
  await page.addInitScript((name) => {
    const refuse = async () => {
      throw new DOMException('stub', name);
    };
    const { get } = CredentialsContainer.prototype;
    CredentialsContainer.prototype.create = refuse;
    CredentialsContainer.prototype.get = function (options) {
      return options?.mediation === 'conditional' ? get.call(this, options) : refuse();
    };
  }, exception);
}

test('a sign-in that is waiting for the device can be cancelled and tried again', async ({ device, signUp, signIn, account, address }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await signIn.offered();

  await signIn.button.click();
  await expect(signIn.status).toContainText('Your device is asking for your passkey.');
  await signIn.cancel.click();
  await expect(signIn.status).toContainText('Stopped. You are not signed in.');
  await expect(signIn.cancel).toBeHidden();
  await expect(signIn.alert).toBeEmpty();

  await signIn.offered(2);
  await device.touches(true);
  await signIn.button.click();
  await account.belongsTo('Ada');
});

test('a sign-up that is waiting for the device can be cancelled, keeps what was typed, and can be tried again', async ({ device, signUp, account, address }) => {
  await device.touches(false);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.name.fill('Ada');
  await signUp.button.click();

  await expect(signUp.status).toContainText('Your device is offering to keep a passkey.');
  await signUp.cancel.click();
  await expect(signUp.status).toContainText('Stopped. No account was created.');
  await expect(signUp.email).toHaveValue(address);
  await expect(signUp.name).toHaveValue('Ada');
  expect(await device.passkeys()).toEqual([]);

  await device.touches(true);
  await signUp.button.click();
  await account.belongsTo('Ada');
});

test('a second press while the device is asking does not ask twice', async ({ device, signUp, page, address }) => {
  let asked = 0;
  page.on('request', (request) => (asked += request.url().endsWith('/register/options') ? 1 : 0));
  await device.touches(false);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.status).toContainText('Your device is offering to keep a passkey.');
  await expect(signUp.button).toHaveAttribute('aria-disabled', 'true');

  // A real press: Playwright's click would wait for the button to be enabled.
  await signUp.email.press('Enter');
  await signUp.button.dispatchEvent('click');
  await signUp.cancel.click();
  await expect(signUp.status).toContainText('Stopped. No account was created.');
  await expect(signUp.button).not.toHaveAttribute('aria-disabled');
  expect(asked).toBe(1);
});

test('a dismissed sign-in says that nothing was lost, and the next press works', async ({ device, signUp, signIn, account, address }) => {
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await device.recognises(false);
  await signIn.byButton(device);

  await expect(signIn.status).toContainText('You are not signed in yet.');
  await expect(signIn.status).toContainText('Nothing was lost. Press the button to try again.');

  // The field offers again at once, and is refused again, before the person is recognised.
  await device.touches(false);
  await signIn.offered(2);
  await device.recognises(true);
  await device.touches(true);
  await signIn.button.click();
  await account.belongsTo('Ada');
});

test('a dismissed sign-up says that no account was created, and the next press works', async ({ device, signUp, account, address }) => {
  await device.recognises(false);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.status).toContainText('No account was created yet.');
  await expect(signUp.email).toHaveValue(address);

  await device.recognises(true);
  await signUp.button.click();
  await account.belongsTo(address);
});

test('a sign-in with no passkey on the device ends like a dismissed one', async ({ device: _, signIn }) => {
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.status).toContainText('You are not signed in yet.');
});

test('without any device to ask, the wait can be ended', async ({ page, signUp, address }) => {
  const device = await Device.addTo(page);
  await device.remove();
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.status).toContainText('Your device is offering to keep a passkey.');
  await signUp.cancel.click();
  await expect(signUp.status).toContainText('Stopped. No account was created.');
});

// Chromium answers NotAllowedError here, so that a site cannot find out what the device can do.
for (const [lack, options] of [
  ['check who is there', { hasUserVerification: false }],
  ['keep passkeys', { hasResidentKey: false }],
] as const) {
  test(`on a device that cannot ${lack} no account is created`, async ({ page, signUp, address }) => {
    const device = await Device.addTo(page, options);
    await signUp.open();
    await signUp.email.fill(address);
    await signUp.button.click();
    await expect(signUp.status).toContainText('No account was created yet.');
    expect(await device.passkeys()).toEqual([]);
    expect((await page.request.get('/auth/session')).status()).toBe(401);
  });
}

test('an open prompt is closed after five minutes, and the person is told why', async ({ device, signUp, signIn, account, address, page }) => {
  await page.clock.install();
  await signUp.complete(address, 'Ada');
  await device.touches(false);
  await account.leave();
  await signIn.offered();
  await signIn.button.click();
  await expect(signIn.cancel).toBeVisible();

  await page.clock.fastForward('04:50');
  await expect(signIn.status).toContainText('Your device is asking for your passkey.');
  await page.clock.fastForward('00:10');
  await expect(signIn.status).toContainText('We stopped waiting after five minutes.');
  await expect(signIn.cancel).toBeHidden();

  await signIn.offered(2);
  await device.touches(true);
  await signIn.button.click();
  await account.belongsTo('Ada');
});

test('an open sign-up prompt is closed after five minutes as well', async ({ device, signUp, address, page }) => {
  await page.clock.install();
  await device.touches(false);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.cancel).toBeVisible();

  await page.clock.fastForward('05:00');
  await expect(signUp.status).toContainText('We stopped waiting after five minutes.');
  await expect(signUp.email).toHaveValue(address);
});

test('a device that has a passkey for the account already leads to the sign-in page', async ({ page, signUp, signIn, address }) => {
  await answerPromptsWith(page, 'InvalidStateError');
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.status).toContainText('This device already has a passkey for your account.');
  await signUp.status.getByRole('link', { name: 'Sign in' }).click();
  await expect(signIn.heading('Sign in')).toBeVisible();
});

for (const [exception, title] of [
  ['NotSupportedError', 'This device cannot keep a passkey by itself.'],
  ['ConstraintError', 'This device cannot keep a passkey by itself.'],
  ['OperationError', 'Another passkey prompt is open.'],
  ['SecurityError', 'Passkeys do not work at this address.'],
] as const) {
  test(`when the browser answers ${exception} to a sign-up the person reads: ${title}`, async ({ page, signUp, address }) => {
    await answerPromptsWith(page, exception);
    await signUp.open();
    await signUp.email.fill(address);
    await signUp.button.click();
    await expect(signUp.alert).toContainText(title);
    await expect(signUp.status).toBeEmpty();
    await expect(signUp.button).not.toHaveAttribute('aria-disabled');
  });
}

test('a sign-in while another prompt is open says to answer that one', async ({ page, signIn }) => {
  await answerPromptsWith(page, 'OperationError');
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.alert).toContainText('Another passkey prompt is open.');
});

test('a browser without passkeys is told which browsers have them', async ({ page, signIn, signUp, address }) => {
  await page.addInitScript(() => {
    // @ts-expect-error: old browsers
    delete window.PublicKeyCredential;
  });
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.alert).toContainText('This browser cannot use passkeys.');
  await expect(signIn.alert).toContainText('Safari, Chrome, Edge or Firefox');

  await signUp.open();
  await signUp.email.fill(address);
  await signUp.button.click();
  await expect(signUp.alert).toContainText('This browser cannot use passkeys.');
});

test('a page without a secure connection says so and offers HTTPS', async ({ page, signIn, baseURL }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'isSecureContext', { value: false });
  });
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.alert).toContainText('Passkeys need a secure connection, and this page does not have one.');
  await expect(signIn.alert.getByRole('link', { name: 'Open over HTTPS' })).toHaveAttribute('href', `${baseURL!.replace('http:', 'https:')}/`);
});
