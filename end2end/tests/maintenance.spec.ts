// Maintenance: planned in the form from a device's page, its alert muted and said so, ended early; without scripts, too. And reminders.
import { expect, expectAccessible, open, OWNER, Portal, test } from "../portal";

let portal: Portal;

test.beforeAll(async () => {
  portal = await Portal.owned();
});

test.afterAll(async () => {
  await portal.end();
});

/** `2026-11-28T22:00` in UTC, so many minutes from now. */
function typed(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 16);
}

async function fail(device: string, run: string): Promise<void> {
  await portal.api("POST", "events", [{ device, job: "nightly", run, state: "failed", message: "disk is full" }]);
}

test("a window for a device mutes its alert, says so, and can be ended early", async ({ page }) => {
  await portal.device("srv-01");
  await fail("srv-01", "1");
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  await page.getByRole("link", { name: "srv-01", exact: true }).click();
  await expect(page.getByRole("heading", { name: "srv-01" })).toBeVisible();
  await page.getByRole("link", { name: "Plan maintenance" }).click();

  await expect(page.getByLabel("For", { exact: true })).toHaveValue("device");
  await expect(page.locator(".window-device")).toContainText("srv-01");
  await page.getByLabel("By the clock of").selectOption("UTC");
  await page.getByLabel("From", { exact: true }).fill(typed(-1));
  await page.getByLabel("Until", { exact: true }).fill(typed(120));
  await page.getByLabel("Name").fill("New disks");
  const means = page.getByRole("complementary", { name: "What this means" });
  await expect(means).toContainText("Alerts of 1 device are recorded and not alerted meanwhile.");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Plan it" }).click();

  await expect(page).toHaveURL(`${portal.url}/settings/maintenance`);
  const row = page.getByRole("row", { name: /New disks/ });
  await expect(row).toContainText("srv-01");
  await expect(row).toContainText("Ends in 1 h");
  await expectAccessible(page);
  expect((await portal.api<{ items: unknown[] }>("GET", "alerts?state=open")).items).toEqual([]);

  await row.getByRole("link", { name: "srv-01" }).click();
  await expect(page.locator(".notice").filter({ hasText: "In maintenance until" })).toBeVisible();
  await expect(page.locator(".device-head .badge[data-state=maintenance]")).toBeVisible();
  await expectAccessible(page);

  await page.goBack();
  await row.getByRole("button", { name: "End now" }).click();
  await expect(page.getByRole("row", { name: /New disks/ })).toContainText("Ended");
  await expect(page.getByRole("row", { name: /New disks/ }).getByRole("button")).toHaveCount(0);
  const open_alerts = await portal.api<{ items: { id: string; muted: boolean }[] }>("GET", "alerts?state=open");
  expect(open_alerts.items.map((alert) => alert.muted)).toEqual([false]);
  const alert = await portal.api<{ events: { what: string }[] }>("GET", `alerts/${open_alerts.items[0].id}`);
  expect(alert.events.map((event) => event.what)).toEqual(["opened", "muted", "unmuted"]);
});

test("a window that comes again is written as a sentence and says its next five", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/maintenance/new`);
  await page.getByLabel("For", { exact: true }).selectOption("partner");
  await page.getByLabel("It happens").selectOption("weekly");
  await expect(page.getByLabel("From", { exact: true })).toBeHidden();
  await page.getByLabel("By the clock of").selectOption("Europe/Berlin");
  await page.getByLabel("Begins at", { exact: true }).fill("02:00");
  await page.getByLabel("Lasts").fill("4");
  const means = page.getByRole("complementary", { name: "What this means" });
  await expect(means.locator(".policy-words")).toHaveText("Every Sunday 02:00–06:00, Europe/Berlin");
  await expect(means.locator(".slots li")).toHaveCount(5);
  await page.getByLabel("Not on").fill("2026-13-01");
  await expect(means).toContainText("is not a date");
  await page.getByLabel("Not on").fill("");
  await page.getByLabel("Sun").uncheck();
  await expect(means).toContainText("Choose at least one day.");
  await page.getByLabel("Sun").check();
  await page.getByLabel("Name").fill("Patch night");
  await page.getByRole("button", { name: "Plan it" }).click();
  const row = page.getByRole("row", { name: /Patch night/ });
  await expect(row).toContainText("Every Sunday 02:00–06:00, Europe/Berlin");
  await expect(row).toContainText("All your own organizations");

  await row.getByRole("link", { name: "Patch night" }).click();
  await expect(page.getByLabel("It happens")).toHaveValue("weekly");
  await expect(page.getByLabel("Sun")).toBeChecked();
  await page.getByLabel("Lasts").fill("3");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /Patch night/ })).toContainText("02:00–05:00");
  await page.getByRole("button", { name: "Remove…" }).first().click();
  await page.getByLabel(/Type/).fill("Patch night");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("region", { name: "Over" }).or(page.locator("section", { hasText: "Over" })).last()).toContainText("Patch night");
});

test("reminders are switched on with their hours", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/alerts`);
  await expect(page.getByLabel("Every (hours)")).toBeHidden();
  await page.getByLabel("Remind until it is fixed").check();
  await page.getByLabel("Every (hours)").fill("6");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Open alerts come back to mind every 6 hours.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Every (hours)")).toHaveValue("6");
});

test.describe("a refusal", () => {
  test.use({ expectedErrors: /status of 422/ });

  test("of reminders is said at its field, and what was typed stays", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/settings/alerts`);
    await page.getByLabel("Remind until it is fixed").check();
    await page.getByLabel("Every (hours)").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Write a number of hours")).toBeVisible();
    await expect(page.getByLabel("Every (hours)")).toHaveValue("");
    await expect(page.getByLabel("Remind until it is fixed")).toBeChecked();
  });
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a window is planned, looked at first, and ended", async ({ page }) => {
    await page.goto(`${portal.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(OWNER.email);
    await page.getByLabel("Password").fill(OWNER.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.goto(`${portal.url}/settings/maintenance/new?reach=partner`);
    await page.getByLabel("By the clock of").selectOption("UTC");
    await page.getByLabel("From", { exact: true }).fill(typed(-1));
    await page.getByLabel("Until", { exact: true }).fill(typed(120));
    await page.getByLabel("Name").fill("By hand");
    await page.getByRole("button", { name: "Look first" }).click();
    await expect(page.getByRole("complementary", { name: "What this means" })).toContainText("Once, for 2 h 1 min");
    await expect(page.getByLabel("Name")).toHaveValue("By hand");
    await page.getByRole("button", { name: "Plan it" }).click();
    const row = page.getByRole("row", { name: /By hand/ });
    await expect(row).toContainText("All your own organizations");
    await row.getByRole("link", { name: "By hand" }).click();
    await page.getByRole("button", { name: "Look first" }).click();
    await expect(page).toHaveURL(/settings\/maintenance\/\d/);
    await expect(page.getByRole("button", { name: "Save" }), "it is still the same window").toBeVisible();
    await page.goto(`${portal.url}/settings/maintenance`);
    await row.getByRole("button", { name: "End now" }).click();
    await expect(page.getByRole("row", { name: /By hand/ })).toContainText("Ended");
  });
});
