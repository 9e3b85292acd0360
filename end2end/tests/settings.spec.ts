// Settings: a policy as a sentence with its slots across the changes of the clocks, template rules, keys, the own password.
import { expect, expectAccessible, hydrated, OWNER, open, Portal, test } from "../portal";

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
  await hydrated(page);
  await expect(page.getByRole("row", { name: /ws-\*/ })).toContainText("3");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByLabel(/Type/).fill("ws-*");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("No rules yet")).toBeVisible();
});

test("a name in the inbox is assigned by hand: what waits is taken in, and what comes later follows", async ({ page }) => {
  const send = (device: string, run: string) => portal.api("POST", "events", [{ device, job: "nightly", run, state: "succeeded" }]);
  await send("till-front", "1");
  await send("till-front", "2");
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/inbox`);
  const row = page.getByRole("row", { name: /till-front/ });
  await expect(row).toContainText("2");
  await row.getByRole("button", { name: "Assign…" }).click();
  const dialog = page.getByRole("dialog", { name: "Assign “till-front”" });
  await expect(dialog.getByLabel("Its reports are those of")).toHaveValue("new");
  await expect(dialog.getByLabel("Name of the device")).toHaveValue("till-front");
  await expectAccessible(page);
  await dialog.getByLabel("Name of the device").fill("TILL-01");
  await dialog.getByLabel("Class").selectOption("workstation");
  await dialog.getByRole("button", { name: "Assign", exact: true }).click();
  await expect(page.getByText("Assigned: 2 waiting reports taken in.")).toBeVisible();
  await expect(dialog).toBeHidden();
  await expect(row).toHaveCount(0);
  await send("till-front", "3");
  const { items } = await portal.api<{ items: { id: string; name: string; class: string }[] }>("GET", "devices");
  const made = items.find((device) => device.name === "TILL-01");
  expect(made?.class).toBe("workstation");
  expect(items.filter((device) => device.name === "till-front")).toEqual([]);
  const runs = await portal.api<{ items: unknown[] }>("GET", `runs?device=${made?.id}`);
  expect(runs.items.length).toBe(3);
});

test("a name in the inbox is dismissed with what waits, and its later reports are refused", async ({ page }) => {
  type Receipt = { accepted: number; rejected: { code: string }[] };
  const send = () => portal.api<Receipt>("POST", "events", [{ device: "guest-phone", job: "nightly", run: "1", state: "succeeded" }]);
  await send();
  expect((await send()).rejected).toEqual([]);
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/inbox`);
  const row = page.getByRole("row", { name: /guest-phone/ });
  await expect(row.locator('[data-label="Reports"]')).toHaveText("2");
  await row.getByRole("button", { name: "Dismiss…" }).click();
  const dialog = page.getByRole("dialog", { name: "Dismiss “guest-phone”" });
  await expect(dialog).toContainText("The 2 reports that wait are thrown away");
  await dialog.getByRole("button", { name: "Dismiss" }).click();
  await expect(page.locator(".toast")).toContainText("Dismissed.");
  await expect(row).toHaveCount(0);
  await page.reload();
  await expect(page.locator("h1")).toHaveText("Inbox");
  await expect(row).toHaveCount(0);
  const { items } = await portal.api<{ items: { name: string }[] }>("GET", "devices");
  expect(items.map((device) => device.name)).not.toContain("guest-phone");
  expect((await send()).rejected.map((refused) => refused.code)).toEqual(["source_dismissed"]);
  await page.reload();
  await expect(page.locator("h1")).toHaveText("Inbox");
  await expect(row).toHaveCount(0);
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

test("a key that is revoked is refused from then on, and stays in the list as revoked", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/keys?new`);
  await page.getByLabel("What it is for").fill("old script");
  await page.getByRole("checkbox", { name: "Read", exact: true }).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.locator(".fresh-key code").first().textContent()) ?? "";
  const read = async () => (await fetch(`${portal.url}/api/v1/devices`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await read()).toBe(200);
  const row = page.getByRole("row", { name: /old script/ });
  await row.getByRole("button", { name: "Revoke…" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke “old script”?" });
  const revoke = dialog.getByRole("button", { name: "Revoke", exact: true });
  await expect(revoke).toBeDisabled();
  await expectAccessible(page);
  expect(await read(), "nothing is revoked before it is confirmed").toBe(200);
  await dialog.getByLabel(/Type/).fill("old script");
  await revoke.click();
  await expect(page.getByText("Revoked.", { exact: true })).toBeVisible();
  await expect(dialog).toBeHidden();
  await expect(row.locator('[data-label="Ends"]')).toContainText("Revoked");
  await expect(row.getByRole("button", { name: "Revoke…" })).toHaveCount(0);
  expect(await read()).toBe(401);
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
