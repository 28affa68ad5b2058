// The pages and the states a person can meet, for the tests that look at all of them.

import type { BrowserContext, Page } from '@playwright/test';
import { expect } from '@playwright/test';

import type { Device } from './device';
import { AccountPage, SignInPage, SignUpPage } from './pages';
import { lettingGo, refuse } from './test';
import type { Watch } from './watch';

interface Stage {
  page: Page;
  context: BrowserContext;
  device: Device;
  watch: Watch;
  address: string;
}

async function pressSignUp({ page, address }: Stage) {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.name.fill('Ada Lovelace');
  await signUp.button.click();
  return signUp;
}

/** Brings the page there. The names finish the sentence “… has no fault that axe finds”. */
export const STATES: Record<string, (stage: Stage) => Promise<unknown>> = {
  'the sign-in page': ({ page }) => new SignInPage(page).open(),
  'the sign-up page': ({ page }) => new SignUpPage(page).open(),
  'the account page': ({ page, address }) => new SignUpPage(page).complete(address, 'Ada Lovelace'),
  'the page after signing out': async ({ page, device, address }) => {
    await new SignUpPage(page).complete(address);
    await device.touches(false);
    await new AccountPage(page).leave();
  },
  'the page that is not there': async ({ page, watch }) => {
    watch.expect(/status of 404/);
    await page.goto('/nowhere');
    await expect(page.getByText('Request id')).toBeVisible();
  },
  'the sign-in page while the device is asking': async ({ page, device }) => {
    await device.touches(false);
    const signIn = new SignInPage(page);
    await signIn.open();
    await signIn.button.click();
    await expect(signIn.cancel).toBeVisible();
  },
  'the sign-up page while the device is asking': async (stage) => {
    await stage.device.touches(false);
    await expect((await pressSignUp(stage)).cancel).toBeVisible();
  },
  'the sign-in page after a dismissed prompt': async ({ page, device }) => {
    await device.recognises(false);
    const signIn = new SignInPage(page);
    await signIn.open();
    await signIn.button.click();
    await expect(signIn.status).toContainText('You are not signed in yet.');
  },
  'the sign-up page with a field error': async ({ page }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await signUp.button.click();
    await expect(signUp.email).toBeFocused();
  },
  'the sign-up page offline': async ({ page, context, address }) => {
    const signUp = new SignUpPage(page);
    await signUp.open();
    await signUp.email.fill(address);
    await context.setOffline(true);
    await signUp.button.click();
    await expect(signUp.alert).toContainText('You are offline.');
  },
  'the sign-up page after a fault of the server': async (stage) => {
    stage.watch.expect(/status of 500/);
    await stage.page.route('**/auth/passkey/register/verify', refuse(500, 'internal').answer);
    await expect((await pressSignUp(stage)).alert).toContainText('Request id');
  },
  'the sign-in page with a link in its message': async ({ page, device, watch, address }) => {
    await new SignUpPage(page).complete(address);
    await device.touches(false);
    await new AccountPage(page).leave();
    watch.expect(/status of 400/);
    await page.route('**/auth/passkey/login/verify', lettingGo(device, refuse(400, 'passkey_unknown').answer));
    const signIn = new SignInPage(page);
    await signIn.byButton(device);
    await expect(signIn.alert.getByRole('link')).toBeVisible();
  },
};
