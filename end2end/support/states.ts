// The pages and the states a person can meet, for the tests that look at all of them.

import type { BrowserContext, Page } from '@playwright/test';
import { expect } from '@playwright/test';

import type { Device } from './device';
import type { Elsewhere, Look } from './elsewhere';
import { evictKeys } from './keys';
import { codeIn, letterTo, linkIn } from './mails';
import { AccountPage, ActivityPage, ApiKeysPage, BillingPage, ConfirmPage, PasskeysPage, RecoverPage, RecoveryPage, SessionsPage, SignInPage, SignUpPage } from './pages';
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

/** A person with a confirmed address, looking at their addresses. */
async function confirmAddress({ page, address }: Pick<Stage, 'page' | 'address'>) {
  await new SignUpPage(page).complete(address);
  const recovery = new RecoveryPage(page);
  await recovery.open();
  await recovery.send(address).click();
  await recovery.code.fill(codeIn(await letterTo(address, /^Your code/)));
  await recovery.confirm.click();
  await expect(recovery.addresses.getByText('Confirmed', { exact: true })).toBeVisible();
}

/** A person with a confirmed address who has just made recovery codes, and sees them this once. */
export async function makeCodes(stage: Pick<Stage, 'page' | 'address' | 'watch'>) {
  await confirmAddress(stage);
  const recovery = new RecoveryPage(stage.page);
  stage.watch.expect(/status of 403 .*\/account\/recovery-codes/);
  await recovery.makeCodes.click();
  await recovery.touch.press();
  await expect(recovery.codes).toBeVisible();
  return recovery;
}

/** Both codes of a recovery are shown in this browser, and the wait has begun. */
async function waitForRecovery(stage: Stage) {
  const { page, address } = stage;
  const [code] = (await (await makeCodes(stage)).codes.innerText()).split('\n');
  const recover = new RecoverPage(page);
  await page.goto('/recover');
  await recover.email.fill(address);
  await recover.send.click();
  await recover.mailCode.fill(codeIn(await letterTo(address, /^Your recovery code/)));
  await recover.check(0).click();
  await expect(page.getByText('The code from the mail was right.')).toBeVisible();
  await recover.savedCode.fill(code!);
  await recover.check(0).click();
  await expect(page.getByRole('heading', { name: 'Both codes were shown' })).toBeVisible();
}

/** Who is signed in asks for the end of their account. */
async function deleteAccount({ page, watch }: Stage) {
  watch.expect(/status of 403 .*\/account\/delete\)/);
  await page.goto('/account/delete');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await new AccountPage(page).touch.press();
  await expect(page.getByRole('button', { name: 'Keep my account' })).toBeVisible();
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
  'the list of passkeys with everything opened': async ({ page, address }) => {
    await new SignUpPage(page).complete(address);
    const passkeys = new PasskeysPage(page);
    await passkeys.open();
    await passkeys.list.locator('summary').click();
    await passkeys.name.fill('');
    await passkeys.save.click();
    await expect(passkeys.name).toBeFocused();
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
    await billing.touch.press();
    await expect(billing.saved).toContainText('Ada Lovelace');
  },
  'the addresses with nothing confirmed': async ({ page, address }) => {
    await new SignUpPage(page).complete(address);
    await new RecoveryPage(page).open();
  },
  'the addresses while a code is on its way, and was mistyped': async ({ page, address, watch }) => {
    await new SignUpPage(page).complete(address);
    const recovery = new RecoveryPage(page);
    await recovery.open();
    await recovery.send(address).click();
    watch.expect(/status of 400 .*\/account\/email\/verify/);
    await recovery.code.fill('00000000');
    await recovery.confirm.click();
    await expect(page.getByText('That is not the code we sent.')).toBeVisible();
  },
  'recovery codes, shown this once': async (stage) => {
    await makeCodes(stage);
  },
  'the way back in': async ({ page }) => {
    await page.goto('/recover');
    await expect(new RecoverPage(page).send).toBeVisible();
  },
  'the two codes of a recovery, one of them mistyped': async ({ page, address, watch }) => {
    const recover = new RecoverPage(page);
    await page.goto('/recover');
    await recover.email.fill(address);
    await recover.send.click();
    watch.expect(/status of 400 .*\/auth\/recovery\/approve/);
    await recover.savedCode.fill('nothing like it');
    await recover.check(1).click();
    await expect(recover.savedCode).toHaveAttribute('aria-invalid', 'true');
  },
  'the wait of a recovery': waitForRecovery,
  'an account that somebody is recovering': async (stage) => {
    await waitForRecovery(stage);
    await new RecoveryPage(stage.page).open();
    await expect(stage.page.getByRole('heading', { name: 'Somebody is recovering this account' })).toBeVisible();
  },
  'a recovery that was stopped': async (stage) => {
    await waitForRecovery(stage);
    await stage.page.getByRole('button', { name: 'Stop the recovery' }).click();
    await expect(stage.page.getByText('This recovery was stopped.')).toBeVisible();
  },
  'the page that brings a passkey back': async ({ page }) => {
    await page.goto('/recover/restore');
    await expect(page.getByRole('button', { name: 'Use your passkey' })).toBeVisible();
  },
  'the page that deletes the account': async ({ page, address }) => {
    await new SignUpPage(page).complete(address);
    await page.goto('/account/delete');
    await expect(page.getByRole('button', { name: 'Delete my account' })).toBeVisible();
  },
  'the account page while the account will be deleted': async (stage) => {
    await new SignUpPage(stage.page).complete(stage.address, 'Ada Lovelace');
    await deleteAccount(stage);
    await stage.page.goto('/account');
    await expect(stage.page.getByRole('button', { name: 'Keep my account' })).toBeVisible();
  },
  'the page behind the link that keeps the account': async (stage) => {
    await confirmAddress(stage);
    await deleteAccount(stage);
    await stage.page.goto(linkIn(await letterTo(stage.address, /account will be deleted$/)));
    await expect(stage.page.getByRole('heading', { level: 1 })).toHaveText('Keep your account?');
  },
  'the page behind the link of a mail': async (stage) => {
    const { page, address, device, elsewhere } = stage;
    await confirmAddress(stage);
    await device.touches(false);
    await elsewhere(IPHONE);
    await page.goto(linkIn(await letterTo(address, /^New sign-in/)));
    await expect(page.getByRole('button', { name: 'This wasn’t me' })).toBeVisible();
  },
  'a link of a mail that does not work any more': async ({ page }) => {
    await page.goto('/not-me');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work any more');
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
