// Settings: a policy as a sentence with its slots across the changes of the clocks, template rules, keys, the own password.
import { expect, expectAccessible, OWNER, open, Portal, test } from "../portal";

let portal: Portal;

test.beforeAll(async () => {
  portal = await Portal.owned();
});

test.afterAll(async () => {
  await portal.end();
});

test("a policy is written as a sentence and says its next five slots and the odd ones", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/policies/new`);
  await page.getByLabel("Name").fill("Nightly");
  await page.getByLabel("Backups run").selectOption("daily");
  await page.getByLabel("At", { exact: true }).fill("02:30");
  await page.getByLabel("In the time zone").selectOption("Europe/Berlin");
  const means = page.getByRole("complementary", { name: "What this means" });
  await expect(means.getByText("daily at 02:30 (Europe/Berlin)")).toBeVisible();
  await expect(means.locator(".slots").first().locator("li")).toHaveCount(5);
  await expect(means.getByText(/02:30 doesn't exist on .* March .*: runs at 03:00/).first()).toBeVisible();
  await expect(means.getByText(/02:30 comes twice on .* October .*: runs the first time only/).first()).toBeVisible();
  await expect(means.getByText(/the service level of servers asks for one within 12 h/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /Nightly/ })).toContainText("no devices");

  await page.getByRole("link", { name: "Duplicate Nightly" }).click();
  await expect(page.getByLabel("Name")).toHaveValue("Nightly (copy)");
  await page.getByLabel("Backups run").selectOption("weekly");
  await page.getByLabel("Sat").check();
  await expect(means.getByText(/Mondays, Tuesdays, Wednesdays, Thursdays, Fridays and Saturdays at 02:30/)).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Nightly (copy)", exact: true }).click();
  await expect(page.getByLabel("Sat")).toBeChecked();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByLabel(/Type/).fill("Nightly (copy)");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page).toHaveURL(`${portal.url}/settings/policies`);
  await expect(page.getByRole("link", { name: "Nightly (copy)", exact: true })).toHaveCount(0);
});

test("who would be affected is said before a policy is saved", async ({ page }) => {
  await portal.device("srv-01");
  const late = new Date(Date.now() - 5 * 3_600_000).toISOString();
  await portal.api("POST", "events", [{ device: "srv-01", job: "nightly", run: "a", state: "succeeded", at: late }]);
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/policies`);
  await page.getByRole("link", { name: "Daily", exact: true }).click();
  await page.getByLabel("Every", { exact: true }).fill("1");
  await page.getByLabel("Unit").selectOption("hours");
  await page.getByLabel("Grace (minutes)").fill("0");
  const effect = page.locator(".policy-effect");
  await expect(effect).toContainText("It holds for 1 device at once. 1 gets a worse band at once.");
  await expect(effect.getByRole("link", { name: /srv-01/ })).toBeVisible();
});

test("a rule takes in what waits and what comes", async ({ page }) => {
  const send = (device: string) => portal.api("POST", "events", [{ device, job: "nightly", run: "1", state: "succeeded" }]);
  await send("ws-001");
  await send("ws-002");
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/inbox`);
  await page.getByRole("row", { name: /ws-001/ }).getByRole("link", { name: "Rule…" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a rule" });
  await expect(dialog.getByLabel("Names", { exact: true })).toHaveValue("ws-*");
  await expect(dialog.getByText("Fits 2 names that wait now:")).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("2 names taken in, with 2 waiting reports.")).toBeVisible();
  await send("WS-003");
  const devices = await portal.api<{ items: { name: string }[] }>("GET", "devices");
  expect(devices.items.map((d) => d.name).filter((name) => /^ws/i.test(name)).sort()).toEqual(["WS-003", "ws-001", "ws-002"]);
  await page.reload();
  await expect(page.getByRole("row", { name: /ws-\*/ })).toContainText("3");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByLabel(/Type/).fill("ws-*");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("No rules yet")).toBeVisible();
});

test("a key is shown once, with a line that works", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/keys?new`);
  await page.getByLabel("What it is for").fill("monitoring");
  await page.getByRole("button", { name: "Make the key" }).click();
  const fresh = page.locator(".fresh-key");
  await expect(fresh).toContainText("hf_");
  const key = (await fresh.locator("code").first().textContent()) ?? "";
  const answer = await fetch(`${portal.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ device: "stranger", job: "nightly", state: "succeeded" }),
  });
  expect(answer.status).toBe(200);
  await page.reload();
  await expect(page.locator(".fresh-key")).toHaveCount(0);
  await expect(page.getByRole("row", { name: /monitoring/ })).toBeVisible();
});

test.describe("password", () => {
  test.use({ expectedErrors: /422/ });

  test("the password is changed with the old one, and other browsers are signed out", async ({ page, browser }) => {
    const other = await browser.newPage();
    await portal.signIn(other);
    await portal.signIn(page);
    await open(page, `${portal.url}/settings/account`);
    const change = async (old: string, fresh: string) => {
      await page.getByLabel("The password you have").fill(old);
      await page.getByLabel("New password", { exact: true }).fill(fresh);
      await page.getByLabel("New password again").fill(fresh);
      await page.getByRole("button", { name: "Change the password" }).click();
    };
    await change("not the password", "a boat that floats well");
    await expect(page.getByText("That isn't your password. Nothing was changed.")).toBeVisible();
    await change(OWNER.password, "a boat that floats well");
    await expect(page.getByText(/Your password is changed; \d+ other browsers? (was|were) signed out|one other browser was signed out/)).toBeVisible();
    await other.goto(`${portal.url}/`);
    await expect(other).toHaveURL(/\/sign-in/);
    await change("a boat that floats well", OWNER.password);
    await expect(page.getByText("Your password is changed.")).toBeVisible();
    await other.close();
  });
});

for (const path of ["policies", "inbox", "inbox/rules", "keys", "audit", "account"]) {
  test(`settings/${path}: axe finds nothing, and nothing sticks out of a phone`, async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/settings/${path}`);
    await expect(page.getByRole("navigation", { name: "Settings" }).locator("[aria-current]")).toHaveCount(1);
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider).toBeLessThanOrEqual(0);
  });
}
