// The monthly run of reports: an owner has a past month made for all who lack it and follows it to its end.
import type { Page } from "@playwright/test";
import { expect, expectAccessible, open, Portal, test } from "../portal";

const PASSWORD = "a lantern over the harbour";

/** `2026-08`: so many months ago. */
function month(back: number): string {
  const day = new Date();
  day.setUTCDate(1);
  day.setUTCMonth(day.getUTCMonth() - back);
  return day.toISOString().slice(0, 7);
}

test.describe.serial("the monthly run", () => {
  // Reports begin this month, so that none is due; later they have begun three months ago.
  const settings: NodeJS.ProcessEnv = { HOLDFAST_REPORTS_FROM: month(0) };
  let portal: Portal;
  let place = "";

  test.beforeAll(async () => {
    portal = await Portal.demo(PASSWORD, settings, { organizations: 8, devices: 16, days: 60, customers: 4, accounts: 12 });
    place = `${portal.url}/settings/reports`;
  });

  test.afterAll(async () => {
    await portal.end();
  });

  async function signIn(page: Page, email: string): Promise<void> {
    await open(page, `${portal.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).not.toHaveURL(/sign-in/);
  }

  test("an owner has a past month made for all organizations, after having been told for how many, and sees it done", async ({ page }) => {
    await signIn(page, "lena.brandt@example.com");
    await open(page, place);
    const run = page.locator(".monthly-run");
    await expect(run).toContainText("No report has been due yet.");
    await expect(run, "the task has worked out when").toContainText(/Next: \w+ \d{4}, for \d+ organizations?/, { timeout: 40_000 });
    await page.goto("about:blank");
    await portal.stop();
    settings.HOLDFAST_REPORTS_FROM = month(3);
    await portal.serve();
    await open(page, place);
    await expectAccessible(page);
    await run.getByRole("button", { name: "Make them" }).click();
    const dialog = page.getByRole("dialog", { name: /Make the reports of/ });
    await expect(dialog).toContainText(/for \d+ organizations? without one/);
    await dialog.getByRole("button", { name: /Make them for \d+ organization/ }).click();
    await expect(dialog).toBeHidden();
    await expect(run).toContainText("Asked for by Lena Brandt");
    await expect(run).toContainText(/the reports of \d+ organizations? are made/, { timeout: 40_000 });
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
    await open(page, `${portal.url}/settings/audit`);
    await expect(page.getByText("Had the reports of a past month made").first()).toBeVisible();
  });
});
