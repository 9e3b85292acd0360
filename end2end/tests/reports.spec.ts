// Reports: a domain is proved by a real name server, addresses follow its rule, documents are taken away by those who may, and mails
// that nobody has set up a server for lie in the outbox folder.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { Names } from "../names";
import { expect, expectAccessible, open, Portal, test } from "../portal";

const PASSWORD = "a lantern over the harbour";

test.describe.serial("reports of an organization", () => {
  // An address that is refused, and pages that are not for everybody.
  test.use({ expectedErrors: /status of (403|404|422)/ });
  let names: Names;
  let portal: Portal;
  let id = "";
  let tab = "";

  test.beforeAll(async ({ browser }) => {
    test.setTimeout(240_000);
    names = await Names.serve();
    portal = await Portal.demo(PASSWORD, { HOLDFAST_DNS: names.address });
    // The organization of the client's own people: theirs is the only one they see.
    const page = await browser.newPage();
    await signIn(page, "karl.mueller@example.com");
    await open(page, `${portal.url}/organizations`);
    const own = page.locator("main a[href^='/organizations/']").first();
    id = /organizations\/(\w+)/.exec((await own.getAttribute("href", { timeout: 10_000 })) ?? "")?.[1] ?? "";
    await page.close();
    expect(id).not.toBe("");
    tab = `${portal.url}/organizations/${id}/reports`;
  });

  test.afterAll(async () => {
    await portal.end();
    names.end();
  });

  async function signIn(page: Page, email: string): Promise<void> {
    await open(page, `${portal.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).not.toHaveURL(/sign-in/);
  }

  test("a domain is added, looked for in vain, and proved once its record is there", async ({ page }) => {
    await signIn(page, "lena.brandt@example.com");
    await open(page, tab);
    await expect(page.getByText("Addresses at example.com."), "the provider's own, which the demo has proved").toBeVisible();
    await page.getByRole("link", { name: "Verify a domain" }).click();
    await expect(page).toHaveURL(new RegExp(`/settings/domains\\?organization=${id}`));
    await page.getByLabel("Domain", { exact: true }).fill("no domain");
    await page.getByRole("button", { name: "Add domain" }).click();
    await expect(page.getByText("Give the part of an address behind the @")).toBeVisible();
    await page.getByLabel("Domain", { exact: true }).fill("@Client.Example");
    await page.getByRole("button", { name: "Add domain" }).click();
    const card = page.locator(".domain", { hasText: "client.example" });
    await expect(card.locator("code").first()).toHaveText("_holdfast.client.example");
    await expectAccessible(page);
    await card.getByRole("button", { name: "Check now" }).click();
    await expect(card.getByText("There is no TXT record _holdfast.client.example yet")).toBeVisible();
    names.texts.set("_holdfast.client.example", (await card.locator("code").nth(1).textContent()) ?? "");
    await card.getByRole("button", { name: "Check now" }).click();
    const row = page.getByRole("row", { name: /client\.example/ });
    await expect(row).toContainText("by its TXT record");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
  });

  test("addresses are refused with the reason, and saved on the client's own domain", async ({ page }) => {
    await signIn(page, "aylin.yildiz@example.com");
    await open(page, tab);
    await page.getByLabel("Mail the monthly report").check();
    await page.getByLabel("Address 1").fill("it@client.example");
    await page.getByLabel("Address 2").fill("someone@gmail.example");
    const save = page.getByRole("button", { name: "Save Email Delivery Settings" });
    await save.click();
    await expect(page.getByText(/gmail\.example is no verified domain of .* Verified: client\.example/)).toBeVisible();
    await expect(page.getByLabel("Address 2")).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByLabel("Address 2"), "what was typed stays").toHaveValue("someone@gmail.example");
    await page.getByLabel("Address 2").fill("");
    await save.click();
    await expect(page.getByText("Email delivery settings saved.")).toBeVisible();
    await open(page, tab);
    await expect(page.getByLabel("Mail the monthly report")).toBeChecked();
    await expect(page.getByLabel("Address 1")).toHaveValue("it@client.example");
    await expect(page.getByText(/Changed .* by Aylin/)).toBeVisible();
    await expectAccessible(page);
  });

  test("the reports of past months are there, and are taken away as PDF and CSV", async ({ page }) => {
    await signIn(page, "lena.brandt@example.com");
    await open(page, tab);
    const table = page.getByRole("table", { name: "Monthly reports" });
    // Made at the start for the months that came before it, a portion at a time.
    await expect(async () => {
      await page.reload();
      await expect(table.locator("tbody tr").first()).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 90_000 });
    expect(await table.locator("tbody tr").count()).toBeLessThanOrEqual(6);
    for (const [level, kind, begins] of [["account level", "PDF", "%PDF-"], ["organization level", "PDF", "%PDF-"], ["account level", "CSV", ""], ["organization level", "CSV", ""]] as const) {
      const download = page.waitForEvent("download");
      await table.getByRole("link", { name: new RegExp(`${level}.* as ${kind}`) }).first().click();
      const file = await download;
      const bytes = readFileSync((await file.path()) ?? "");
      expect(bytes.subarray(0, begins.length).toString(), `${level} ${kind}`).toBe(begins);
      expect(bytes.length).toBeGreaterThan(200);
    }
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
  });

  test("a test goes to the one who asks, and stands in the delivery log", async ({ page }) => {
    await signIn(page, "lena.brandt@example.com");
    await open(page, tab);
    await page.getByRole("button", { name: "Send me a test" }).click();
    const row = page.getByRole("table", { name: "Delivery log" }).getByRole("row", { name: /lena\.brandt@example\.com/ });
    await expect(row).toBeVisible();
    await expect(async () => {
      await page.reload();
      await expect(row).toContainText("Sent", { timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
  });

  test("a report's mail is looked at as a page and as text, by those who manage the delivery", async ({ page, browser }) => {
    await signIn(page, "lena.brandt@example.com");
    await open(page, `${portal.url}/settings/outbox`);
    await page.getByRole("table", { name: "Outbox" }).getByRole("link", { name: /^Test: Backup Summary Report of/ }).first().click();
    await expect(page.getByRole("heading", { name: /^Test: Backup Summary Report of/ })).toBeVisible();
    const address = page.url();
    const link = async (name: string) => new URL((await page.getByRole("link", { name }).getAttribute("href")) ?? "", portal.url).toString();
    const [html, text] = [await link("Look at it"), await link("Its plain text")];
    const looked = await page.context().newPage();
    await looked.goto(html);
    await expect(looked.getByText("This is a test").or(looked.getByText("Backup Summary Report")).first()).toBeVisible();
    await looked.setViewportSize({ width: 390, height: 844 });
    expect(await looked.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), "fits a phone").toBeLessThanOrEqual(0);
    await looked.goto(text);
    await expect(looked.locator("pre")).toContainText("Backup Summary Report");
    await looked.close();
    for (const [email, status] of [["jonas.overland@example.com", 200], ["sofia.nunez@example.com", 403], ["piet.devries@example.com", 403], ["karl.mueller@example.com", 403]] as const) {
      const other = await browser.newContext().then((context) => context.newPage());
      await signIn(other, email);
      expect((await other.goto(address))?.status(), email).toBe(status);
      expect((await other.request.get(html)).status(), email).toBe(status);
      await other.context().close();
    }
  });

  test("finance has no tab and no way around it; a viewer downloads and changes nothing", async ({ page, browser }) => {
    await signIn(page, "piet.devries@example.com");
    await open(page, `${portal.url}/organizations/${id}`);
    await expect(page.getByRole("link", { name: "Reports", exact: true })).toHaveCount(0);
    expect((await page.goto(tab))?.status()).toBe(403);
    const viewer = await browser.newPage();
    await signIn(viewer, "sofia.nunez@example.com");
    await open(viewer, tab);
    await expect(viewer.getByRole("link", { name: /as PDF/ }).first()).toBeVisible();
    await expect(viewer.getByRole("button", { name: "Save Email Delivery Settings" })).toHaveCount(0);
    await expect(viewer.getByRole("button", { name: /Share|Make it|Send/ })).toHaveCount(0);
    await expect(viewer.getByText("it@client.example").first()).toBeVisible();
    expect((await viewer.goto(`${portal.url}/settings/domains`))?.status()).toBe(403);
    await viewer.close();
  });

  test("the client's people see the tab when it is shared, and neither addresses nor log", async ({ page, browser }) => {
    const client = await browser.newPage();
    await signIn(client, "karl.mueller@example.com");
    expect((await client.goto(tab))?.status()).toBe(403);
    await signIn(page, "lena.brandt@example.com");
    await open(page, tab);
    await page.getByRole("button", { name: "Share reports with the client" }).click();
    await expect(page.getByRole("button", { name: "Stop sharing" })).toBeVisible();
    await open(client, `${portal.url}/organizations/${id}`);
    await client.getByRole("link", { name: "Reports", exact: true }).click();
    const link = client.getByRole("link", { name: /as PDF/ }).first();
    await expect(link).toBeVisible();
    await expect(client.getByText("it@client.example")).toHaveCount(0);
    await expect(client.getByRole("heading", { name: /Email Delivery|Delivery log|Client portal/ })).toHaveCount(0);
    const pdf = new URL((await link.getAttribute("href")) ?? "", portal.url).toString();
    expect((await client.request.get(pdf)).status()).toBe(200);
    await page.getByRole("button", { name: "Stop sharing" }).click();
    await expect(page.getByRole("button", { name: "Share reports with the client" })).toBeVisible();
    expect((await client.request.get(pdf)).status()).toBe(403);
    await client.close();
  });

  test.describe("without scripts", () => {
    test.use({ javaScriptEnabled: false });
    test("delivery is saved and switched off by plain forms", async ({ page }) => {
      await page.goto(`${portal.url}/sign-in`);
      await page.getByLabel("E-mail address").fill("jonas.overland@example.com");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.goto(tab);
      await page.getByLabel("Address 3").fill("boss@client.example");
      await page.getByRole("button", { name: "Save Email Delivery Settings" }).click();
      await expect(page.getByLabel("Address 2")).toHaveValue("boss@client.example");
      await page.getByLabel("Mail the monthly report").uncheck();
      await page.getByRole("button", { name: "Save Email Delivery Settings" }).click();
      await expect(page.getByLabel("Mail the monthly report")).not.toBeChecked();
      await expect(page.getByRole("link", { name: /as PDF/ }).first()).toBeVisible();
    });
  });
});
