// The pages, as a person finds their way on them: by roles, labels and words.

import { type Page, expect } from '@playwright/test';

import type { Device } from './device';

/** The dialog that asks for one more touch. */
export class TouchDialog {
  constructor(private readonly page: Page) {}

  get box() {
    return this.page.getByRole('dialog', { name: 'Touch your passkey to go on', exact: true });
  }

  get button() {
    return this.box.getByRole('button', { name: 'Use your passkey' });
  }

  get cancel() {
    return this.box.getByRole('button', { name: 'Cancel' });
  }

  /** Why it asks, if something has changed: a sentence each. */
  get reasons() {
    return this.box.getByRole('listitem');
  }

  get status() {
    return this.box.getByRole('status');
  }

  get alert() {
    return this.box.getByRole('alert');
  }

  /** Goes on from there: the device asks. */
  async press() {
    await this.button.click();
  }

  async gone() {
    await expect(this.page.getByRole('dialog')).toHaveCount(0);
  }
}

class Common {
  constructor(readonly page: Page) {}

  /** What the page says calmly. */
  get status() {
    return this.page.getByRole('main').getByRole('status');
  }

  /** What the page asks the person to look at. */
  get alert() {
    return this.page.getByRole('main').getByRole('alert');
  }

  /** In the message: stop waiting for the device. */
  get cancel() {
    return this.page.getByRole('button', { name: 'Cancel' });
  }

  get touch() {
    return new TouchDialog(this.page);
  }

  heading(name: string) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  link(name: string) {
    return this.page.getByRole('link', { name, exact: true });
  }
}

export class SignInPage extends Common {
  get button() {
    return this.page.getByRole('button', { name: 'Sign in with a passkey' });
  }

  get email() {
    return this.page.getByLabel('Email');
  }

  async open(path = '/') {
    await this.page.goto(path);
    await expect(this.heading('Sign in')).toBeVisible();
  }

  /** Waits until the browser has been asked to offer passkeys in the field, for the `times`-th time on this page. */
  async offered(times = 1) {
    await this.page.waitForFunction(
      (wanted) => (globalThis as unknown as { asked: string[] }).asked.filter((how) => how === 'conditional').length >= wanted,
      times,
    );
  }

  /** Signs in by the button, not by autofill: touches begin when the field's request is open already. */
  async byButton(device: Device) {
    await this.offered();
    await device.touches(true);
    await this.button.click();
  }
}

export class SignUpPage extends Common {
  get button() {
    return this.page.getByRole('button', { name: 'Create a passkey' });
  }

  get email() {
    return this.page.getByLabel('Email');
  }

  get name() {
    return this.page.getByLabel('Name');
  }

  async open() {
    await this.page.goto('/signup');
    await expect(this.heading('Create an account')).toBeVisible();
  }

  /** From a blank page to the account. */
  async complete(email: string, name = '') {
    await this.open();
    await this.email.fill(email);
    if (name) await this.name.fill(name);
    await this.button.click();
    await new AccountPage(this.page).shown();
  }
}

export class AccountPage extends Common {
  get signOut() {
    return this.page.getByRole('button', { name: 'Sign out' });
  }

  /** The passkeys, one list item each. */
  get passkeys() {
    return this.page.getByRole('region', { name: 'Passkeys' }).getByRole('listitem');
  }

  async shown() {
    await this.page.waitForURL('/account');
    await expect(this.heading('Your account')).toBeVisible();
  }

  /** Asserts whose account this is. */
  async belongsTo(name: string) {
    await this.shown();
    await expect(this.page.getByRole('region', { name, exact: true })).toBeVisible();
  }

  /** Signs out and waits for the page that says so. */
  async leave() {
    await this.signOut.click();
    await this.page.waitForURL('/?signed-out');
    await expect(this.page.getByText('You are signed out.')).toBeVisible();
  }
}

export class SessionsPage extends Common {
  get endOthers() {
    return this.page.getByRole('button', { name: 'End all other sessions' });
  }

  /** The session that looks at the list. */
  get here() {
    return this.page.getByRole('region', { name: 'Here', exact: true }).getByRole('listitem');
  }

  /** The others, one list item each. */
  get elsewhere() {
    return this.page.getByRole('region', { name: 'Elsewhere' }).getByRole('listitem');
  }

  /** Ends the session on this kind of device. */
  end(name = '') {
    return this.page.getByRole('button', { name: `End this session: ${name}` });
  }

  async open() {
    await this.page.goto('/account/sessions');
    await this.shown();
  }

  /** The list has come. */
  async shown() {
    await expect(this.heading('Sessions')).toBeVisible();
    await expect(this.here).toHaveCount(1);
  }
}

export class PasskeysPage extends Common {
  /** One list item each, the newest first. */
  get list() {
    return this.page.getByRole('region', { name: 'Your passkeys' }).getByRole('listitem');
  }

  get add() {
    return this.page.getByRole('button', { name: 'Add a passkey' });
  }

  get name() {
    return this.page.getByRole('textbox', { name: 'Name' });
  }

  get save() {
    return this.page.getByRole('button', { name: 'Save the name' });
  }

  /** What opens the form of the passkey that is called this. */
  opener(what: 'Rename' | 'Remove', label: string) {
    return this.list.filter({ has: this.page.getByRole('heading', { name: label, exact: true }) }).locator('summary', { hasText: what });
  }

  remove(label: string) {
    return this.page.getByRole('button', { name: `Remove this passkey: ${label}`, exact: true });
  }

  async open() {
    await this.page.goto('/account/passkeys');
    await this.shown();
  }

  /** The list has come. */
  async shown() {
    await expect(this.heading('Passkeys')).toBeVisible();
    await expect(this.list.first()).toBeVisible();
  }
}

export class ActivityPage extends Common {
  /** What happened, one list item each. */
  get events() {
    return this.page.getByRole('region', { name: /^(Newest first|Older)$/ }).locator('li:has(> details)');
  }

  /** Those that are called this, newest first. */
  event(title: string) {
    return this.events.filter({ has: this.page.getByRole('heading', { name: title }) });
  }

  /** What is behind the press that says more. */
  details(title: string) {
    return this.event(title).first().getByRole('group');
  }

  /** Says that the newest of these was somebody else. */
  disown(name = '') {
    return this.page.getByRole('button', { name: `This wasn’t me: ${name}` }).first();
  }

  /** What to do now. */
  get safePath() {
    return this.page.getByRole('region', { name: 'Here is what to do now' });
  }

  async open() {
    await this.page.goto('/account/activity');
    await this.shown();
  }

  /** The list has come. */
  async shown() {
    await expect(this.heading('Activity')).toBeVisible();
    await expect(this.events.first()).toBeVisible();
  }
}

export class ApiKeysPage extends Common {
  get name() {
    return this.page.getByRole('textbox', { name: 'Name' });
  }

  get create() {
    return this.page.getByRole('button', { name: 'Create key' });
  }

  get empty() {
    return this.page.getByText('You have no API keys. No program can act for you.');
  }

  /** The keys, one list item each. */
  get keys() {
    return this.page.getByRole('region', { name: 'Your keys' }).getByRole('listitem');
  }

  /** The new key, the one time it is shown. */
  get secret() {
    return this.page.getByText(/^hfk_\S{20,}$/);
  }

  /** A name is typed, the button is pressed, and the dialog is there. */
  async ask(name = 'Backup at night') {
    await this.name.fill(name);
    await this.create.click();
    await expect(this.touch.button).toBeFocused();
  }

  revoke(name: string) {
    return this.page.getByRole('button', { name: `Revoke this key: ${name}`, exact: true });
  }

  async open() {
    await this.page.goto('/account/api-keys');
    await expect(this.heading('API keys')).toBeVisible();
    await expect(this.create).toBeVisible();
  }
}

export class BillingPage extends Common {
  get holder() {
    return this.page.getByRole('textbox', { name: 'Account holder' });
  }

  get iban() {
    return this.page.getByRole('textbox', { name: 'IBAN' });
  }

  get save() {
    return this.page.getByRole('button', { name: /^Save the (new )?account$/ });
  }

  get empty() {
    return this.page.getByText('No account is saved yet. Until there is one, no money can be paid to you.');
  }

  /** What is saved. */
  get saved() {
    return this.page.getByRole('region', { name: 'Paid to now' });
  }

  async fill(holder: string, iban: string) {
    await this.holder.fill(holder);
    await this.iban.fill(iban);
  }

  async open() {
    await this.page.goto('/account/billing');
    await expect(this.heading('Payout details')).toBeVisible();
    await expect(this.save).toBeVisible();
  }
}

export class RecoveryPage extends Common {
  /** The addresses, one list item each. */
  get addresses() {
    return this.page.getByRole('region', { name: 'Email addresses' }).getByRole('list').first().locator('> li');
  }

  get code() {
    return this.page.getByLabel('Code from the mail');
  }

  get confirm() {
    return this.page.getByRole('button', { name: 'Confirm the address' });
  }

  get newAddress() {
    return this.page.getByRole('textbox', { name: 'Email address' });
  }

  get add() {
    return this.page.getByRole('button', { name: 'Add this address' });
  }

  get makeCodes() {
    return this.page.getByRole('button', { name: /^Make (recovery|new) codes$/ });
  }

  /** The codes themselves, while they are shown. */
  get codes() {
    return this.page.locator('[data-secret] code');
  }

  /** Asks for a code, or for one more. */
  send(address: string) {
    return this.page.getByRole('button', { name: new RegExp(`^Send (a|another) code to ${address}$`) });
  }

  remove(address: string) {
    return this.page.getByRole('button', { name: `Remove ${address}` });
  }

  makePrimary(address: string) {
    return this.page.getByRole('button', { name: `Make ${address} your main address` });
  }

  async open() {
    await this.page.goto('/account/recovery');
    await this.shown();
  }

  /** The list has come. */
  async shown() {
    await expect(this.heading('Getting back in')).toBeVisible();
    await expect(this.addresses.first()).toBeVisible();
  }
}

/** One more touch, instead of the page that was asked for. */
export class ConfirmPage extends Common {
  get button() {
    return this.page.getByRole('button', { name: 'Use your passkey' });
  }

  async shown() {
    await expect(this.heading('Is this still you?')).toBeVisible();
  }
}

/** Getting back in, signed out. */
export class RecoverPage extends Common {
  at(page: Page) {
    return new RecoverPage(page);
  }

  get email() {
    return this.page.getByLabel('Email address');
  }

  get send() {
    return this.page.getByRole('button', { name: 'Send me a code' });
  }

  get mailCode() {
    return this.page.getByLabel('Code from the mail');
  }

  get savedCode() {
    return this.page.getByLabel('One of your recovery codes');
  }

  /** The button of the first code that is not shown yet, or of the next. */
  check(which: number) {
    return this.page.getByRole('button', { name: 'Check it' }).nth(which);
  }

  get make() {
    return this.page.getByRole('button', { name: 'Make a new passkey' });
  }
}
