// The main job, as a newcomer lives it: an account, a device, a real backup, and a row that turns green by itself.
import { expect, expectAccessible, hydrated, open, OWNER, Portal, test } from "../portal";
import { Machine } from "../tools";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";

let portal: Portal;
let machine: Machine;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  portal = await Portal.start();
  machine = new Machine();
});

test.afterAll(async () => {
  await portal.end();
  machine.end();
});

/** Every state that an element's `data-state` has had, in order, from now on. */
async function recordStates(page: Page, selector: string): Promise<() => Promise<string[]>> {
  await page.evaluate((selector) => {
    const seen: string[] = [];
    (window as unknown as { seen: string[] }).seen = seen;
    const look = () => {
      for (const element of document.querySelectorAll(selector)) {
        const state = element.getAttribute("data-state") ?? "";
        if (!seen.includes(state)) seen.push(state);
      }
    };
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  }, selector);
  return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}

/** Enough data for a backup that takes a moment. */
function fill(folder: string, mebibytes: number): void {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < mebibytes; i += 16) writeFileSync(join(folder, `${randomBytes(4).toString("hex")}.bin`), randomBytes(16 << 20));
}

test("the first start leads to a device whose restic backup turns it green without a reload", async ({ page }) => {
  await open(page, portal.url);
  await expect(page).toHaveURL(/setup/);
  await expectAccessible(page);
  await page.getByLabel("Your name").fill("Olga Owner");
  await page.getByLabel("E-mail address").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByLabel("Password again").fill(OWNER.password);
  await page.getByLabel("Company name").fill("North Harbour IT");
  await page.getByRole("button", { name: "Make the account and go on" }).click();

  await expect(page.getByRole("heading", { name: "Your first client" })).toBeVisible();
  await hydrated(page);
  await expectAccessible(page);
  await page.getByLabel("Name of the organization").fill("Baker & Sons");
  await page.getByRole("button", { name: "Add it and go on" }).click();

  await expect(page.getByRole("heading", { name: "Your first device" })).toBeVisible();
  await hydrated(page);
  await expectAccessible(page);
  await page.getByLabel("Name of the device").fill("fs-01");
  await page.getByLabel("Class").selectOption("server");
  await page.getByRole("button", { name: "Add it and connect it" }).click();

  await expect(page.getByRole("heading", { name: "Connect fs-01" })).toBeVisible();
  await hydrated(page);
  await expectAccessible(page);
  const line = (await page.locator(".connect-line code").first().textContent()) ?? "";
  expect(line).toContain("holdfast-agent enroll");

  machine.resticInit();
  fill(join(machine.source, "photos"), 192);
  const arrived = page.locator(".arrival");
  const states = await recordStates(page, ".arrival");
  const marker = await page.evaluate(() => ((window as unknown as { marker: number }).marker = Math.random()));
  const ended = await machine.run(line.replace("/home", machine.source));
  expect(ended.code, ended.stderr).toBe(0);
  expect(ended.stdout).toContain('"message_type":"summary"');

  await expect(arrived).toContainText("Healthy");
  expect(await states()).toContain("running");
  expect(await page.evaluate(() => (window as unknown as { marker: number }).marker), "no reload").toBe(marker);
  await expectAccessible(page);
});

test("a row of the devices list goes Running, then Healthy, as restic runs", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const row = page.getByRole("row").filter({ hasText: "fs-01" });
  await expect(row).toContainText("Healthy");
  const states = await recordStates(page, "tbody tr .badge");
  fill(join(machine.source, "more"), 192);
  const backup = machine.run(`holdfast-agent run --job nightly -- restic backup --json ${machine.source}`);
  await expect(row).toContainText("Running");
  expect((await backup).code).toBe(0);
  await expect(row).not.toContainText("Running");
  await expect(row).toContainText("Healthy");
  expect(await states()).toContain("running");
  await expectAccessible(page);
});
