// Accounts and seats: a list of 10,000 with some bad rows, activation in bulk, a limit that is passed, an organization that is
// deactivated, and who may what.
import { expect, expectAccessible, open, Portal, test } from "../portal";

const PASSWORD = "a lantern over the harbour";

test.describe.serial("an organization's accounts", () => {
  // A list without addresses is refused.
  test.use({ expectedErrors: /status of 422/ });
  let portal: Portal;
  let features: string;

  test.beforeAll(async () => {
    portal = await Portal.owned();
    await portal.api("POST", "connections", { organization: portal.organization, service: "microsoft_365" });
    features = `${portal.url}/organizations/${portal.organization}/features`;
  });

  test.afterAll(async () => {
    await portal.end();
  });

  /** A number above its word. */
  const tile = (page: import("@playwright/test").Page, label: string) =>
    page.locator(".stat", { has: page.getByText(label, { exact: true }) }).locator(".stat-number");

  test("a list of 10,000 rows, 50 of them bad, is looked at and then taken in without those", async ({ page }) => {
    test.setTimeout(120_000);
    await portal.signIn(page);
    await open(page, features);
    await expect(page.getByRole("heading", { name: "No accounts yet" })).toBeVisible();
    await page.getByRole("link", { name: "Import accounts" }).first().click();
    const lines = ["Email;Display name;Type;Status"];
    for (let n = 0; n < 10_000; n++) {
      if (n % 200 === 199) lines.push(n % 400 === 199 ? `person ${n};;user;` : `p${n}@example.org;Person ${n};robot;`);
      else lines.push(`p${n}@example.org;Person ${n};${n % 50 === 0 ? "shared mailbox" : ""};${n < 1_000 ? "yes" : ""}`);
    }
    await page.getByLabel("CSV file").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\r\n")) });
    await expect(tile(page, "New")).toHaveText("9,950");
    await expect(tile(page, "Can't be taken")).toHaveText("50");
    await expect(page.getByText("995 accounts are activated; afterwards 995 seats are in use.")).toBeVisible();
    const problems = page.getByRole("table", { name: "Rows that can't be taken" });
    await expect(problems.locator("tbody tr")).toHaveCount(50);
    await expect(problems.locator("tbody tr").first()).toContainText("201Emailperson 199`person 199` holds blanks; an address has none.");
    await expect(problems.locator("tbody tr").nth(1)).toContainText("There is no such type. Use user, shared mailbox, group, site or team");
    await expectAccessible(page);
    const before = await portal.api<{ items: unknown[] }>("GET", `accounts?organization=${portal.organization}`);
    expect(before.items, "looking stores nothing").toHaveLength(0);
    const began = Date.now();
    await page.getByRole("button", { name: "Import 9,950 of 10,000 rows" }).click();
    await expect(page.getByText("Imported: 9,950 new, 0 changed, 0 unchanged, 50 rows left out. 995 seats are in use.")).toBeVisible({ timeout: 60_000 });
    console.log(`10,000 rows imported in ${Date.now() - began} ms`);
    await page.getByRole("link", { name: "To the accounts" }).click();
    await expect(tile(page, "Accounts")).toHaveText("9,950");
    await expect(tile(page, "Seats in use")).toHaveText("995");
    await expect(tile(page, "Coverage")).toHaveText("10%");
  });

  test("what was pasted is read as well, and known accounts stay as they are", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${features.replace("/features", "/accounts/import")}`);
    await page.getByText("Or paste it").click();
    await page.getByLabel("Lines").fill("P0@Example.org\nnew@example.org\n");
    await page.getByRole("button", { name: "Look at it" }).click();
    await expect(tile(page, "New")).toHaveText("1");
    await expect(tile(page, "Changed")).toHaveText("1");
    await page.getByLabel("Lines").fill("colour,size\nred,1\n");
    await page.getByRole("button", { name: "Look at it" }).click();
    await expect(page.getByText(/No column holds addresses/)).toBeVisible();
  });

  test("accounts are found, activated by choice and all at once, and the seats are told before", async ({ page }) => {
    test.setTimeout(120_000);
    await portal.signIn(page);
    await open(page, features);
    await page.getByLabel("Seats bought").fill("1000");
    await page.getByRole("button", { name: "Save plan" }).click();
    await expect(page.getByText("of 1,000 bought")).toBeVisible();
    await page.getByRole("searchbox", { name: "Search accounts" }).fill("p123");
    await expect(page).toHaveURL(/search=p123/);
    await expect(page.getByText("11 accounts", { exact: false }).first()).toBeVisible();
    await page.getByLabel("Status").selectOption("deactivated");
    await expect(page).toHaveURL(/status=deactivated/);
    // What is chosen while the list changes is of the list before.
    await expect(page.getByText("10 accounts", { exact: false }).first()).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await page.getByLabel("Choose all accounts on this page").check();
    await page.locator(".bulk").getByRole("button", { name: "Activate…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Activate 10 accounts?");
    await expect(dialog).toContainText("Afterwards 1,005 of 1,000 seats are in use; now it is 995.");
    await expect(dialog).toContainText("That is 5 more than was bought.");
    await dialog.getByRole("button", { name: "Activate 10" }).click();
    await expect(page.getByText("10 accounts activated. 1,005 of 1,000 seats in use.")).toBeVisible();
    await expect(tile(page, "Seats in use")).toHaveText("1,005");
    await expect(page.getByText(/5 seats are used above the 1,000 that were bought/)).toBeVisible();
    await page.getByRole("link", { name: "Clear filters" }).click();
    await page.getByLabel("Status").selectOption("deactivated");
    await page.getByRole("button", { name: "Activate all 8,945…" }).click();
    const began = Date.now();
    await page.getByRole("dialog").getByRole("button", { name: "Activate 8,945" }).click();
    await expect(tile(page, "Coverage")).toHaveText("100%", { timeout: 90_000 });
    console.log(`8,945 accounts activated in ${Date.now() - began} ms`);
    await expectAccessible(page);
  });

  test("a deactivated organization uses no seats until it is activated again", async ({ page }) => {
    test.setTimeout(180_000);
    await portal.signIn(page);
    await open(page, features);
    const backups = page.locator("section", { has: page.getByRole("heading", { name: /Backups are/ }) }).last();
    await backups.getByRole("button", { name: "Deactivate…" }).click();
    await page.getByLabel(/Type “Baker/).fill("Baker & Sons");
    await page.getByRole("dialog").getByRole("button", { name: "Deactivate", exact: true }).click();
    await expect(page.getByText(/Backups are deactivated for this organization/)).toBeVisible({ timeout: 60_000 });
    await expect(tile(page, "Seats in use")).toHaveText("0");
    await expect(page.locator(".features-history li").first()).toContainText("Backups of the organization deactivated");
    await backups.getByRole("button", { name: "Activate", exact: true }).click();
    await expect(tile(page, "Seats in use")).toHaveText("9,950", { timeout: 60_000 });
  });
});

test.describe("who may", () => {
  let portal: Portal;
  let features: string;

  test.beforeAll(async () => {
    portal = await Portal.demo(PASSWORD);
    const { items } = await portal.api<{ items: { organization: string }[] }>("GET", "accounts?limit=1");
    features = `${portal.url}/organizations/${items[0].organization}/features`;
  });

  test.afterAll(async () => {
    await portal.end();
  });

  async function signIn(page: import("@playwright/test").Page, email: string): Promise<void> {
    await open(page, `${portal.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).not.toHaveURL(/sign-in/);
  }

  test("finance changes plan and seats and sees no results", async ({ page }) => {
    await signIn(page, "piet.devries@example.com");
    await open(page, features);
    await expect(page.getByRole("button", { name: "Save plan" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Import accounts" })).toHaveCount(0);
    await expect(page.locator(".table tbody a[href^='/accounts/']")).toHaveCount(0);
  });

  test("a technician imports and activates and leaves the plan alone", async ({ page }) => {
    await signIn(page, "aylin.yildiz@example.com");
    await open(page, features);
    await expect(page.getByRole("button", { name: "Save plan" })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Import accounts" }).first()).toBeVisible();
    await expect(page.getByLabel("Choose all accounts on this page")).toBeVisible();
  });

  test("a viewer only looks", async ({ page }) => {
    await signIn(page, "sofia.nunez@example.com");
    await open(page, features);
    await expect(page.getByRole("button", { name: "Save plan" })).toHaveCount(0);
    await expect(page.getByLabel("Choose all accounts on this page")).toHaveCount(0);
  });
});
