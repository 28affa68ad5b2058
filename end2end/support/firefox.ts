// Firefox, driven over Marionette, the protocol behind its WebDriver: `import { expect, test } from '../support/firefox'`. Debian's
// browser is driven as it is; Playwright has only one of its own making, and its virtual authenticators are Chromium's.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { test as base } from '@playwright/test';

import { freePort } from './server.mjs';

export { expect } from '@playwright/test';

const BINARY = process.env.HOLDFAST_TEST_FIREFOX ?? 'firefox-esr';
const READY_WITHIN_MS = 30_000;
/** As long as a test waits for what must come. */
const PATIENCE_MS = 20_000;

/** https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html: `length:[0, id, command, parameters]`, and back `[1, id, error, result]`. */
class Marionette {
  private received = Buffer.alloc(0);
  private last = 0;
  private readonly asked = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();

  constructor(private readonly socket: Socket) {
    socket.on('data', (data) => this.hear(data));
    socket.on('close', () => this.asked.forEach(({ reject }) => reject(new Error('Firefox is gone'))));
  }

  ask(command: string, parameters: object = {}): Promise<any> {
    const id = (this.last += 1);
    const message = JSON.stringify([0, id, command, parameters]);
    this.socket.write(`${Buffer.byteLength(message)}:${message}`);
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }

  private hear(data: Buffer) {
    this.received = Buffer.concat([this.received, data]);
    for (;;) {
      const colon = this.received.indexOf(':');
      const end = colon + 1 + Number(this.received.subarray(0, Math.max(colon, 0)));
      if (colon < 0 || this.received.length < end) return;
      const message = JSON.parse(this.received.subarray(colon + 1, end).toString());
      this.received = this.received.subarray(end);
      // Its first words say who it is.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      const one = this.asked.get(id);
      this.asked.delete(id);
      if (error) one?.reject(new Error(`${error.error}: ${error.message}`));
      else one?.resolve(result);
    }
  }
}

export class Firefox {
  private constructor(
    private readonly origin: string,
    private readonly profile: string,
    private readonly child: ChildProcess,
    private readonly marionette: Marionette,
    private readonly authenticatorId: string,
  ) {}

  /** With an empty profile, and a device with a built-in passkey store that knows its person and is touched when it asks. */
  static async start(origin: string): Promise<Firefox> {
    const [profile, port] = [await mkdtemp(join(tmpdir(), 'holdfast-firefox-')), await freePort()];
    const preferences = {
      'marionette.port': port,
      // The virtual authenticator is the only one: a prompt would wait for a real one as well.
      'security.webauth.webauthn_enable_softtoken': true,
      'security.webauth.webauthn_enable_usbtoken': false,
      'app.normandy.enabled': false,
    };
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});\n`);
    await writeFile(join(profile, 'user.js'), lines.join(''));
    const child = spawn(BINARY, ['--headless', '--no-remote', '--marionette', '--profile', profile, 'about:blank'], {
      stdio: 'ignore',
      env: { ...process.env, HOME: profile },
    });
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const socket = await Promise.race([listening(port), failed]);
    const marionette = new Marionette(socket);
    await marionette.ask('WebDriver:NewSession', { capabilities: {} });
    const { value } = await marionette.ask('WebAuthn:AddVirtualAuthenticator', {
      protocol: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserConsenting: true,
      isUserVerified: true,
    });
    return new Firefox(origin, profile, child, marionette, value);
  }

  goto(path: string) {
    return this.marionette.ask('WebDriver:Navigate', { url: this.origin + path });
  }

  /** Where it is. */
  async path(): Promise<string> {
    const { value } = await this.marionette.ask('WebDriver:GetCurrentURL');
    return value.slice(this.origin.length);
  }

  /** What a person can read. */
  async text(): Promise<string> {
    const { value } = await this.marionette.ask('WebDriver:ExecuteScript', { script: 'return document.body.innerText', args: [] });
    return value;
  }

  async press(button: string) {
    await this.patiently(async () =>
      this.marionette.ask('WebDriver:ElementClick', { id: await this.find(`//button[normalize-space()=${JSON.stringify(button)}]`) }),
    );
  }

  async fill(label: string, text: string) {
    const id = await this.patiently(() => this.find(`//input[@id=//label[starts-with(normalize-space(),${JSON.stringify(label)})]/@for]`));
    await this.marionette.ask('WebDriver:ElementSendKeys', { id, text });
  }

  async passkeys(): Promise<{ credentialId: string; rpId: string }[]> {
    const { value } = await this.marionette.ask('WebAuthn:GetCredentials', { authenticatorId: this.authenticatorId });
    return value;
  }

  /** Whether the device recognises the person. */
  recognises(isUserVerified: boolean) {
    return this.marionette.ask('WebAuthn:SetUserVerified', { authenticatorId: this.authenticatorId, isUserVerified });
  }

  async picture(): Promise<Buffer> {
    const { value } = await this.marionette.ask('WebDriver:TakeScreenshot', { full: true, hash: false });
    return Buffer.from(value, 'base64');
  }

  async end() {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill();
    await ended;
    await rm(this.profile, { recursive: true, force: true });
  }

  private async find(xpath: string): Promise<string> {
    const { value } = await this.marionette.ask('WebDriver:FindElement', { using: 'xpath', value: xpath });
    return Object.values(value)[0] as string;
  }

  /** What is not there yet may come. */
  private async patiently<T>(act: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }
}

async function listening(port: number): Promise<Socket> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

export const test = base.extend<{ firefox: Firefox }>({
  baseURL: async ({}, use) => use(process.env.HOLDFAST_URL),
  firefox: async ({ baseURL }, use, testInfo) => {
    const firefox = await Firefox.start(baseURL!);
    await use(firefox);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('firefox', { body: await firefox.picture(), contentType: 'image/png' });
      await testInfo.attach('text', { body: await firefox.text(), contentType: 'text/plain' });
    }
    await firefox.end();
  },
});
