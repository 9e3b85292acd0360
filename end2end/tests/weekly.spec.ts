// The weekly health summary: addresses follow the rule of domains, the preview is a page of its own, and a test arrives.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, open, OWNER, Portal, test } from "../portal";

test.describe.serial("weekly health summary", () => {
  // An address that is refused.
  test.use({ expectedErrors: /status of 422/ });
  let portal: Portal;
  let settings = "";

  test.beforeAll(async () => {
    portal = await Portal.owned();
    await portal.device("fs-01");
    settings = `${portal.url}/settings/reports`;
  });
  test.afterAll(() => portal.end());

  /** The one message in the outbox folder that says this, once it is there. */
  async function arrived(words: RegExp): Promise<string> {
    const folder = join(portal.folder, "data", "outbox");
    let found = "";
    await expect(() => {
      const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".eml")) : [];
      found = files.map((name) => readFileSync(join(folder, name), "utf8")).find((text) => words.test(text)) ?? "";
      expect(found).not.toBe("");
    }).toPass({ timeout: 30_000 });
    return found;
  }

  async function verifyDomain(page: Page, domain: string): Promise<void> {
    await open(page, `${portal.url}/settings/domains`);
    await page.getByLabel("Domain", { exact: true }).fill(domain);
    await page.getByRole("button", { name: "Add domain" }).click();
    const card = page.locator(".domain", { hasText: domain });
    await card.getByText("By a mailed code instead").click();
    await card.getByRole("button", { name: "Send a code" }).click();
    const mail = await arrived(new RegExp(`Subject: Code for ${domain}`));
    await card.getByLabel("Code", { exact: true }).fill(/^\s*(\d{6})\s*$/m.exec(mail)?.[1] ?? "");
    await card.getByRole("button", { name: "Verify" }).click();
    await expect(page.getByRole("row", { name: new RegExp(domain) })).toBeVisible();
  }

  test("an address is refused with the reason and kept; on a verified domain it is saved, with the day it goes", async ({ page }) => {
    await portal.signIn(page);
    await open(page, settings);
    await page.getByLabel("Mail the weekly summary").check();
    await page.getByLabel("Recipients").fill("ops@harbour.example");
    await page.getByLabel("Day", { exact: true }).selectOption("Thursday");
    const save = page.locator(".weekly").getByRole("button", { name: "Save", exact: true });
    await save.click();
    await expect(page.getByText(/harbour\.example is no verified domain of North Harbour IT/)).toBeVisible();
    await expect(page.getByLabel("Recipients"), "what was typed stays").toHaveValue("ops@harbour.example");
    await expect(page.getByLabel("Day", { exact: true })).toHaveValue("4");

    await verifyDomain(page, "harbour.example");
    await open(page, settings);
    await page.getByLabel("Mail the weekly summary").check();
    await page.getByLabel("Recipients").fill("ops@harbour.example\nboss@harbour.example");
    await page.getByLabel("Day", { exact: true }).selectOption("Thursday");
    await page.getByLabel("Hour").selectOption("18:00");
    await save.click();
    await expect(page.getByText("Weekly health summary saved.")).toBeVisible();
    await expect(page.locator(".weekly-standing time").first()).toContainText("18:00");
    await open(page, settings);
    await expect(page.getByLabel("Recipients")).toHaveValue("ops@harbour.example\nboss@harbour.example");
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
  });

  test("the preview is a page of its own, and a test of it arrives", async ({ page, context }) => {
    await portal.signIn(page);
    await open(page, settings);
    const opened = context.waitForEvent("page");
    await page.getByRole("link", { name: "Preview" }).click();
    const preview = await opened;
    await expect(preview.getByRole("heading", { name: "Weekly Health Summary" })).toBeVisible();
    await expect(preview.getByRole("heading", { name: "Total devices protected: 1" })).toBeVisible();
    await preview.close();
    await page.getByRole("button", { name: "Send me a test" }).click();
    await expect(page.getByText("A test is on its way to you.")).toBeVisible();
    const mail = await arrived(/Subject: Test: Weekly health summary/);
    expect(mail).toContain(`To: ${OWNER.email}`);
    expect(mail, "nobody unsubscribes from a test").not.toContain("List-Unsubscribe");
  });
});
