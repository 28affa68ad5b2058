// Device Bound Session Credentials as Chromium reports them, over CDP. The browser registers and refreshes in its network
// service: no page, no `page.route` and no `page.on('request')` sees it.

import type { Page } from '@playwright/test';

const PATIENCE_MS = 20_000;

/** Network.deviceBoundSessionEventOccurred: exactly one of the details is there. */
export interface BindingEvent {
  succeeded: boolean;
  sessionId?: string;
  creationEventDetails?: { fetchResult: string };
  refreshEventDetails?: { refreshResult: string; fetchResult?: string };
  terminationEventDetails?: { deletionReason: string };
  challengeEventDetails?: { challengeResult: string };
}

type Kind = 'creation' | 'refresh' | 'termination' | 'challenge';

export class Bindings {
  private readonly events: BindingEvent[] = [];
  private readonly taken = new Set<BindingEvent>();
  private wake = () => {};

  private constructor(private readonly page: Page) {}

  static async over(page: Page): Promise<Bindings> {
    const cdp = await page.context().newCDPSession(page);
    const bindings = new Bindings(page);
    cdp.on('Network.deviceBoundSessionEventOccurred', (event) => {
      bindings.events.push(event as BindingEvent);
      bindings.wake();
    });
    await cdp.send('Network.enable');
    await cdp.send('Network.enableDeviceBoundSessions', { enable: true });
    return bindings;
  }

  /** What happened, oldest first. */
  all(kind: Kind): BindingEvent[] {
    return this.events.filter((event) => event[`${kind}EventDetails`]);
  }

  /** The next event of this kind that no test has asked for yet; waits for it. */
  async next(kind: Kind): Promise<BindingEvent> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = this.all(kind).find((event) => !this.taken.has(event));
      if (found) {
        this.taken.add(found);
        return found;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${kind} of a binding; there were ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits until the browser has bound its new session. Answers the binding's id. */
  async made(): Promise<string> {
    const event = await this.next('creation');
    if (event.creationEventDetails?.fetchResult !== 'Success') throw new Error(`not bound: ${JSON.stringify(event)}`);
    return event.sessionId!;
  }

  /** The ids of all bindings that the browser holds now. */
  async held(): Promise<string[]> {
    // Not detached afterwards: that would switch off the page's virtual devices.
    const cdp = await this.page.context().newCDPSession(this.page);
    const listed = new Promise<string[]>((resolve) => {
      const added = ({ sessions }: { sessions: { key: { id: string } }[] }) => resolve(sessions.map(({ key }) => key.id));
      cdp.once('Network.deviceBoundSessionsAdded' as never, added as never);
    });
    await cdp.send('Network.enable');
    await cdp.send('Network.enableDeviceBoundSessions', { enable: true });
    return listed;
  }
}
