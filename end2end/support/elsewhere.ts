// Other browsers than the one under test: the same person on another device, and somebody with a copy of the cookies.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Browser, BrowserContext, BrowserContextOptions, Page } from '@playwright/test';

import { Device, notePrompts } from './device';
import { AccountPage, SignInPage } from './pages';
import { Watch } from './watch';

/** What a browser shows of itself, and whether it runs scripts. */
export type Look = Pick<BrowserContextOptions, 'userAgent' | 'locale' | 'javaScriptEnabled'>;

const CLOSED_WITHIN_MS = 15_000;

export const IPHONE: Look = {
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
};

export const FIREFOX: Look = {
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:156.0) Gecko/20100101 Firefox/156.0',
  locale: 'fr',
};

/** From now on the page's browser shows itself like this. */
export async function looksLike(page: Page, { userAgent }: Look) {
  // Not detached afterwards: that would end it.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.setUserAgentOverride', { userAgent: userAgent! });
}

export interface Elsewhere {
  context: BrowserContext;
  page: Page;
  device: Device;
  watch: Watch;
  signIn: SignInPage;
  account: AccountPage;
}

/** Signs in over and over: each time as a browser that knows nothing of the session before. */
export async function signInTimes({ context, page, device }: Elsewhere, times: number) {
  // A page that asks for nothing by itself.
  await context.clearCookies({ name: '__Host-sid' });
  await page.goto('/signup');
  await device.touches(true);
  for (let time = 0; time < times; time += 1) {
    await context.clearCookies({ name: '__Host-sid' });
    await page.evaluate(async () => {
      const call = async (path: string, body: object) => {
        const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        return answer.json();
      };
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await call('/auth/passkey/login/options', {}));
      const passkey = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
      await call('/auth/passkey/login/verify', { response: passkey.toJSON() });
    });
  }
  await device.touches(false);
}

export class Others {
  private readonly all: { context: BrowserContext; watch: Watch }[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly origin: string,
  ) {}

  /** The synced passkeys of `device`, on a device of its own that is not touched unasked. */
  async signIn(device: Device, look: Look = {}): Promise<Elsewhere> {
    const other = await this.open(look);
    for (const passkey of await device.passkeys()) await other.device.add(passkey);
    await other.signIn.open();
    await other.signIn.byButton(other.device);
    await other.account.shown();
    await other.device.touches(false);
    return other;
  }

  /** All cookies and nothing else. */
  async copy(context: BrowserContext, look: Look = {}): Promise<Elsewhere> {
    const other = await this.open(look);
    await other.context.addCookies(await context.cookies());
    return other;
  }

  private async open(look: Look): Promise<Elsewhere> {
    const context = await this.browser.newContext({ baseURL: this.origin, ...look });
    await notePrompts(context);
    const watch = await Watch.over(context, this.origin);
    // Its session may be ended from the first browser. It looks every five seconds, so a short test may not see that.
    watch.allow(/status of 401 .*\/auth\/session\?watch=1/);
    this.all.push({ context, watch });
    const page = await context.newPage();
    const device = await Device.addTo(page);
    await device.touches(false);
    return { context, page, device, watch, signIn: new SignInPage(page), account: new AccountPage(page) };
  }

  /** At the end of a test. */
  async end() {
    for (const { watch } of this.all) await watch.judge();
    // Once in a thousand times Chromium does not come back from this; then the worker ends it with its browser.
    await Promise.race([Promise.all(this.all.map(({ context }) => context.close())), sleep(CLOSED_WITHIN_MS)]);
  }
}
