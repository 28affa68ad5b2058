// The device under the person's finger: a virtual authenticator of Chromium's, over CDP.
//
// What to know (all seen in Chromium 156):
// - It belongs to one page. Another tab has none. It survives navigation.
// - While touches are simulated, a request for autofill is answered at once. So `touches(false)` before a page is
//   opened on which nobody is to be signed in by surprise.
// - A prompt that opened without touches never wakes; only the next one does.

import type { BrowserContext, CDPSession, Page } from '@playwright/test';

import { PLATFORM_AUTHENTICATOR } from './chromium.mjs';

export type Options = typeof PLATFORM_AUTHENTICATOR;

/** As CDP writes it; binary is base64. */
export interface Credential {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
  userName?: string;
  userDisplayName?: string;
  backupEligibility?: boolean;
  backupState?: boolean;
}

export class Device {
  private constructor(
    private readonly cdp: CDPSession,
    private readonly authenticatorId: string,
  ) {}

  static async addTo(page: Page, options: Partial<Options> = {}): Promise<Device> {
    const cdp = await page.context().newCDPSession(page);
    // With the browser's own user interface, autofill never resolves in a headless browser.
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const add = (transport: string) =>
      cdp.send('WebAuthn.addVirtualAuthenticator', { options: { ...PLATFORM_AUTHENTICATOR, ...options, transport } as never });
    const { transport } = { ...PLATFORM_AUTHENTICATOR, ...options };
    // WebAuthn's word is `hybrid`; the protocol's was `cable`, and some versions know only that, others only the new one.
    const { authenticatorId } = await add(transport).catch((error) => {
      if (transport !== 'hybrid' || !String(error).includes('transport')) throw error;
      return add('cable');
    });
    return new Device(cdp, authenticatorId);
  }

  /** Whether the person touches when asked. */
  async touches(enabled: boolean) {
    await this.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.authenticatorId, enabled });
  }

  /** Whether the device recognises the person: finger, face or PIN. Off: the prompt ends as if dismissed. */
  async recognises(isUserVerified: boolean) {
    await this.cdp.send('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified });
  }

  async passkeys(): Promise<Credential[]> {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.authenticatorId });
    return credentials;
  }

  async add(credential: Credential) {
    await this.cdp.send('WebAuthn.addCredential', { authenticatorId: this.authenticatorId, credential });
  }

  async forget({ credentialId }: Credential) {
    await this.cdp.send('WebAuthn.removeCredential', { authenticatorId: this.authenticatorId, credentialId });
  }

  async remove() {
    await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticatorId });
  }
}

/** Notes each request for a passkey in `asked`, so that tests can wait for one to be open. */
export async function notePrompts(context: BrowserContext) {
  await context.addInitScript(() => {
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    const container = globalThis.CredentialsContainer?.prototype;
    if (!container) return;
    const { get } = container;
    container.get = function (options) {
      asked.push(options?.mediation ?? 'prompt');
      return get.call(this, options);
    };
  });
}
