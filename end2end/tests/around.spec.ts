// What is around every page: the rows of links and what is folded on phones, titles that tell pages apart, and what a client is not shown.
import { expect, expectAccessible, open, Portal, test } from "../portal";
import type { Locator, Page } from "@playwright/test";

const PASSWORD = "a lantern over the harbour";
const PHONE = { width: 390, height: 844 };
let portal: Portal;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  portal = await Portal.demo(PASSWORD);
});

test.afterAll(async () => {
  await portal.end();
});

const signIn = (page: Page, name: string) => portal.signIn(page, { email: `${name}@example.com`, password: PASSWORD });

/** Whether the current link of a row lies within the row, as it is scrolled. */
const inSight = (row: Locator) =>
  row.evaluate((row) => {
    const here = row.querySelector("[aria-current]")?.getBoundingClientRect();
    const box = row.getBoundingClientRect();
    return here !== undefined && here.left >= box.left - 1 && here.right <= box.right + 1;
  });

test.describe("on a phone", () => {
  test.use({ viewport: PHONE });

  test("the current link of navigation and tabs is in sight, and the page is at its top", async ({ page }) => {
    await signIn(page, "lena.brandt");
    for (const width of [390, 340]) {
      await page.setViewportSize({ width, height: 844 });
      for (const place of ["/saas", "/backups/compliance", "/settings/account"]) {
        await open(page, `${portal.url}${place}`);
        await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
        for (const row of await page.locator(".main-nav, .tabs").all()) {
          await expect.poll(() => inSight(row), `${place} at ${width}`).toBe(true);
        }
        expect(await page.evaluate(() => scrollY)).toBe(0);
      }
    }
  });

  test("the list of settings is folded, names its page, and opens by keyboard", async ({ page }) => {
    await signIn(page, "lena.brandt");
    await open(page, `${portal.url}/settings/sla`);
    const settings = page.getByRole("navigation", { name: "Settings" });
    await expect(settings.getByRole("link", { name: "Audit log" })).toBeHidden();
    await settings.getByText("Settings: Service levels").focus();
    await page.keyboard.press("Enter");
    await expectAccessible(page);
    await settings.getByRole("link", { name: "Audit log" }).click();
    await expect(page.locator("h1")).toHaveText("Audit log");
    await expect(settings.getByText("Settings: Audit log")).toBeVisible();
    await expect(settings.getByRole("link", { name: "Policies" })).toBeHidden();
  });

  test("filters are folded, say how many are set, and leave the search where it is", async ({ page }) => {
    await signIn(page, "lena.brandt");
    await open(page, `${portal.url}/backups/devices?band=healthy&class=server`);
    const bar = page.getByRole("search", { name: "Filter devices" });
    await expect(bar.getByRole("searchbox")).toBeVisible();
    await expect(bar.getByRole("combobox", { name: "Class" })).toBeHidden();
    const fold = bar.getByText("Filters (1)");
    await fold.click();
    await bar.getByRole("combobox", { name: "Class" }).selectOption("");
    await expect(bar.getByText("Filters", { exact: true })).toBeVisible();
    await expectAccessible(page);
  });

  test("what is folded opens without scripts", async ({ browser, page }) => {
    await signIn(page, "lena.brandt");
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: PHONE, storageState: await page.context().storageState() });
    const plain = await context.newPage();
    await plain.goto(`${portal.url}/settings/sla`);
    await plain.getByText("Settings: Service levels").click();
    await expect(plain.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Audit log" })).toBeVisible();
    await context.close();
  });
});

test("each tab of an organization has a title of its own", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/organizations`);
  await page.locator("tbody .row-link").first().click();
  await expect(page.getByRole("navigation", { name: "Organization" })).toBeVisible();
  const name = await page.locator("h1").textContent();
  await expect(page).toHaveTitle(`${name} · Holdfast`);
  for (const tab of ["Devices", "Job log", "Settings"]) {
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: tab }).click();
    await expect(page).toHaveTitle(`${tab} of ${name} · Holdfast`);
    await expect(page.locator("h1")).toHaveText(name ?? "");
  }
});

test("tabs stay where they are from page to page of the console", async ({ page }) => {
  await signIn(page, "lena.brandt");
  const tops = [];
  for (const place of ["devices", "clients", "alerts", "log", "compliance"].map((tab) => `/backups/${tab}`).concat("/saas")) {
    await open(page, `${portal.url}${place}`);
    tops.push((await page.locator(".tabs").boundingBox())?.y);
  }
  expect(new Set(tops).size, JSON.stringify(tops)).toBe(1);
});

test("a client is shown only what there is for a client", async ({ page }) => {
  await signIn(page, "karl.mueller");
  await open(page, `${portal.url}/`);
  const main = page.getByRole("navigation", { name: "Main" });
  await main.getByRole("link", { name: "Settings" }).click();
  await expect(page.locator("h1")).toHaveText("Your account");
  await expect(page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Policies" })).toHaveCount(0);
  await open(page, `${portal.url}/settings`);
  await expect(page).toHaveURL(/\/settings\/account$/);
  await expect(main.getByRole("link", { name: "Organizations" })).toHaveCount(0);
  await main.getByRole("link", { name: "Your organization" }).click();
  await expect(page.getByRole("navigation", { name: "Organization" })).toBeVisible();
  await main.getByRole("link", { name: "Backups" }).click();
  await expect(page.getByRole("navigation", { name: "Backups" }).getByRole("link", { name: "Clients" })).toHaveCount(0);
  await page.getByRole("navigation", { name: "Backups" }).getByRole("link", { name: "SaaS" }).click();
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await expect(page.getByRole("search", { name: "Filter organizations" })).toHaveCount(0);
  await expect(page.locator(".cell-menu")).toHaveCount(0);
});
