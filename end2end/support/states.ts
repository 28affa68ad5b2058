// The pages and the states a person can meet, for the tests that look at all of them.

import type { BrowserContext, Page } from '@playwright/test';
import { expect } from '@playwright/test';

import type { Device } from './device';
import type { Elsewhere, Look } from './elsewhere';
import { evictKeys } from './keys';
import { AccountPage, ActivityPage, ApiKeysPage, BillingPage, ConfirmPage, SessionsPage, SignInPage, SignUpPage } from './pages';
import { FIREFOX, IPHONE, lettingGo, looksLike, refuse } from './test';
import type { Watch } from './watch';

interface Stage {
  page: Page;
  context: BrowserContext;
  device: Device;
  watch: Watch;
  address: string;
  elsewhere: (look?: Look) => Promise<Elsewhere>;
}

async function pressSignUp({ page, address }: Stage) {
  const signUp = new SignUpPage(page);
  await signUp.open();
  await signUp.email.fill(address);
  await signUp.name.fill('Ada Lovelace');
  await signUp.button.click();
  return signUp;
}

/** A person with a session here and one on a phone, looking at both. */
async function openSessions({ page, address, elsewhere }: Stage) {
  await new SignUpPage(page).complete(address);
  await elsewhere(IPHONE);
  const sessions = new SessionsPage(page);
  await sessions.open();
  return sessions;
}

/** A person to whom something has happened, here and on a phone, looking at it. */
async function openActivity({ page, address, watch, elsewhere }: Stage) {
  await new SignUpPage(page).complete(address);
  await elsewhere(IPHONE);
  await looksLike(page, FIREFOX);
  watch.expect(/status of 403 .*\/api-keys/);
  const apiKeys = new ApiKeysPage(page);
  await page.goto('/account/api-keys');
  await new ConfirmPage(page).button.click();
  await expect(apiKeys.empty).toBeVisible();
  const activity = new ActivityPage(page);
  await activity.open();
  return activity;
}

async function openApiKeys({ page, address }: Stage) {
  await new SignUpPage(page).complete(address);
  const apiKeys = new ApiKeysPage(page);
  await apiKeys.open();
  return apiKeys;
}

async function openBilling({ page, address }: Stage) {
  await new SignUpPage(page).complete(address);
  const billing = new BillingPage(page);
  await billing.open();
  return billing;
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
  'the list of sessions': async (stage) => {
    await expect((await openSessions(stage)).elsewhere).toContainText('Not you?');
  },
  'the dialog that asks for one more touch': async ({ page, address, watch }) => {
    watch.expect(/status of 403 .*\/api-keys/);
    await new SignUpPage(page).complete(address);
    const apiKeys = new ApiKeysPage(page);
    await apiKeys.open();
    await looksLike(page, IPHONE);
    await apiKeys.name.fill('W'.repeat(64));
    await apiKeys.create.click();
    await expect(apiKeys.touch.reasons).toHaveCount(2);
  },
  'the list of sessions while the device is asking': async (stage) => {
    stage.watch.expect(/status of 403 .*\/auth\/sessions\/revoke/);
    const sessions = await openSessions(stage);
    await stage.device.touches(false);
    await sessions.endOthers.click();
    await sessions.touch.press();
    await expect(sessions.touch.status).toContainText('Your device is asking for your passkey.');
  },
  'the activity page with everything opened': async (stage) => {
    const activity = await openActivity(stage);
    for (const summary of await activity.events.locator('summary').all()) await summary.click();
    await expect(activity.events.getByText('Request id').first()).toBeVisible();
    await expect(activity.events.getByText('Why was I asked?').first()).toBeVisible();
  },
  'the activity page after “This wasn’t me”': async (stage) => {
    stage.watch.expect(/status of 403 .*\/auth\/events\/disown/);
    const activity = await openActivity(stage);
    await stage.elsewhere();
    await activity.disown('You signed in, Safari on iOS').click();
    await activity.touch.press();
    await expect(activity.safePath.getByRole('button')).toBeVisible();
  },
  'the API keys page without keys': async (stage) => {
    await expect((await openApiKeys(stage)).empty).toBeVisible();
  },
  'the API keys page with a field error': async (stage) => {
    const apiKeys = await openApiKeys(stage);
    await apiKeys.create.click();
    await expect(apiKeys.name).toBeFocused();
  },
  'the API keys page with a new key': async (stage) => {
    stage.watch.expect(/status of 403 .*\/api-keys/);
    const apiKeys = await openApiKeys(stage);
    await apiKeys.name.fill('Backup at night');
    await apiKeys.create.click();
    await apiKeys.touch.press();
    await expect(apiKeys.secret).toBeVisible();
    await expect(apiKeys.keys).toHaveCount(1);
  },
  'the payout page with nothing saved': async (stage) => {
    await expect((await openBilling(stage)).empty).toBeVisible();
  },
  'the payout page with an account': async (stage) => {
    stage.watch.expect(/status of 403 .*\/billing\/payout/);
    const billing = await openBilling(stage);
    await billing.fill('Ada Lovelace', 'NO93 8601 1117 947');
    await billing.save.click();
    await expect(billing.saved).toContainText('Ada Lovelace');
  },
  'the page that asks for one more touch': async ({ page, address, watch }) => {
    await new SignUpPage(page).complete(address);
    await looksLike(page, FIREFOX);
    watch.expect(/status of 403 .*\/account\/sessions/);
    await page.goto('/account/sessions');
    await new ConfirmPage(page).shown();
  },
  'a page whose key the browser has lost': async ({ page, address, watch }) => {
    await new SignUpPage(page).complete(address);
    await evictKeys(page);
    watch.expect(/status of 401 .*\/account\/api-keys\/panel/);
    await page.goto('/account/api-keys');
    await expect(page.getByRole('button', { name: 'Sign in again' })).toBeVisible();
  },
  'the sign-in page of a session that was ended from another device': async ({ page, device, address, watch, elsewhere }) => {
    await new SignUpPage(page).complete(address);
    const other = await elsewhere();
    await device.touches(false);
    await other.device.touches(true);
    other.watch.expect(/status of 403 .*\/auth\/sessions\/revoke/);
    const sessions = new SessionsPage(other.page);
    await sessions.open();
    watch.expect(/status of 401 .*\/auth\/session\?watch=1/);
    await sessions.endOthers.click();
    await sessions.touch.press();
    await expect(page.getByText('This session was ended from another device of yours.')).toBeVisible();
  },
};
