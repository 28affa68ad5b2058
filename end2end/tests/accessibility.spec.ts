// WCAG 2.2 AA as far as a machine can tell, on every page and in the states that matter, light and dark.
// Runs on the desktop and on the phone.

import AxeBuilder from '@axe-core/playwright';

import { STATES } from '../support/states';
import { expect, test } from '../support/test';

// Colours that are on their way from one to the other have no contrast of their own.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const [state, arrive] of Object.entries(STATES)) {
  test(`${state} has no fault that axe finds, light or dark`, async ({ page, context, device, watch, address, elsewhere, picture }) => {
    await arrive({ page, context, device, watch, address, elsewhere });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await picture(`${state} (${colorScheme})`);
      const { violations, passes } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`) }));
      expect(found, colorScheme).toEqual([]);
      expect(passes.map(({ id }) => id), 'axe has looked at the colours').toContain('color-contrast');
    }
  });
}

test('a screen reader hears what goes on: the regions that speak are there before they do', async ({ device, signIn }) => {
  await device.touches(false);
  await signIn.open();
  await expect(signIn.status).toHaveCount(1);
  await expect(signIn.alert).toHaveCount(1);
  await expect(signIn.status).toBeEmpty();
  await expect(signIn.alert).toBeEmpty();
});

test('nothing moves for a person who asks for no motion', async ({ device, signIn, page }) => {
  await device.touches(false);
  await signIn.open();
  await signIn.button.click();
  await expect(signIn.cancel).toBeVisible();
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
});
