// Alerts worth reading: the tab with its filters and saved views, the page of an alert with advice, files and log, tending it with and
// without scripts, incidents in one row, and all of it live and by keyboard. Pictures are written to end2end/pictures/alerts.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, open, Portal, test } from "../portal";

const OWNER = { email: "lena.brandt@example.com", password: "a harbour full of lanterns" };
const pictures = resolve(__dirname, "../pictures/alerts");
const LOG = "opening repository\nFatal: unable to create lock in backend: repository is already locked exclusively by PID 4711\nexit code 11\n";

let portal: Portal;
let organization = "";
/** Devices of this test's own, and the alert of the first. */
const own: Record<string, string> = {};
let alert = "";

async function signIn(page: Page): Promise<void> {
  await open(page, `${portal.url}/sign-in`);
  await page.getByLabel("E-mail address").fill(OWNER.email);
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

type Alerts = { items: { id: string; kind: string; device_name: string; recommended_action: string }[] };

async function device(name: string, kind = "workstation", of = organization): Promise<void> {
  own[name] = (await portal.api<{ id: string }>("POST", "devices", { name, organization: of, class: kind })).id;
}

/** Eleven workstations of a client whose backups find no space, within minutes. */
async function storm(client: string): Promise<string> {
  const of = (await portal.api<{ id: string }>("POST", "organizations", { name: client })).id;
  for (let n = 0; n < 11; n++) {
    await device(`${client}-${n}`, "workstation", of);
    await failing(`${client}-${n}`, "r1", "write /mnt/nas: no space left on device");
  }
  return of;
}

const failing = (name: string, run: string, message: string, more: object = {}) =>
  portal.api("POST", "events", [{ device: own[name], job: "nightly", run, state: "failed", at: new Date().toISOString(), tool: { name: "restic", version: "0.17.3" }, message, ...more }]);

test.beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  portal = await Portal.demo(OWNER.password);
  organization = (await portal.api<{ id: string }>("POST", "organizations", { name: "Baker & Sons" })).id;
  await device("fs-locked", "server");
  await failing("fs-locked", "r1", "restic: the repository is locked", { failed_items: ["/srv/a.txt", "/srv/b.txt"], log: LOG });
  const found = await portal.api<Alerts>("GET", `alerts?device=${own["fs-locked"]}`);
  alert = found.items.find((a) => a.kind === "job_failed")?.id ?? "";
  expect(alert, "a failing run raises an alert").not.toBe("");
  expect(found.items[0]?.recommended_action).toContain("restic unlock");
});

test.afterAll(async () => {
  await portal.end();
});

test("filters stand in the address and leave what they say", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/alerts`);
  const heads = page.locator("table thead th");
  for (const head of ["Type", "Severity", "Device", "Since", "Why", "Recommended action", "Done"]) await expect(heads.filter({ hasText: head }).first()).toBeVisible();
  await page.locator(".chips a", { hasText: "Critical" }).click();
  await expect(page).toHaveURL(/severity=critical/);
  await expect(page.locator("tbody tr").first()).toBeVisible();
  await expect(page.locator("tbody [data-state=warning].badge").filter({ hasText: "Warning" })).toHaveCount(0);
  await page.locator("select[name=kind]").selectOption("backup_overdue");
  await expect(page).toHaveURL(/kind=backup_overdue/);
  await expect(page.locator("tbody .row-link").filter({ hasNotText: "Backup overdue" })).toHaveCount(0);
  await expect(page.locator("tbody .row-link").first()).toHaveText("Backup overdue");
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page).not.toHaveURL(/kind=/);
  await open(page, `${portal.url}/backups/alerts?search=fs-locked`);
  await expect(page.locator("tbody .row-link")).toHaveCount(1);
  await expect(page.locator("tbody tr").first()).toContainText("locked by another restic process");
});

test("filters are kept under a name, shared, found again and deleted", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/alerts?severity=critical&class=server&state=untended`);
  const menu = page.locator(".saved-views");
  await menu.locator("summary").click();
  await menu.getByLabel("Keep these filters as").fill("Servers at night");
  await menu.getByLabel("For everybody here").check();
  await menu.getByRole("button", { name: "Save view" }).click();
  await expect(menu.locator("summary")).toContainText("View: Servers at night");
  await expect(menu.locator(".view-row")).toContainText("shared");
  await open(page, `${portal.url}/backups/alerts`);
  await expect(menu.locator("summary")).toHaveText("Views");
  await menu.locator("summary").click();
  await expectAccessible(page);
  await menu.getByRole("link", { name: /Servers at night/ }).click();
  await expect(page).toHaveURL(/class=server&severity=critical&state=untended/);
  await expect(menu.locator("summary")).toContainText("View: Servers at night");
  if (!(await menu.evaluate((m) => (m as HTMLDetailsElement).open))) await menu.locator("summary").click();
  await menu.getByRole("button", { name: "Delete view Servers at night" }).click();
  await expect(menu).toContainText("No views are saved yet.");
});

test("the page of an alert tells cause, steps, files and the end of the log, and is tended with a reason", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/alerts/${alert}`);
  await expect(page.locator("h1")).toHaveText("Job failed: fs-locked");
  await expect(page.locator(".remedy")).toContainText("locked by another restic process");
  await expect(page.locator(".remedy code").first()).toHaveText("restic unlock");
  await expect(page.locator(".files")).toContainText("/srv/a.txt");
  await expect(page.locator(".log-tail")).toContainText("already locked exclusively by PID 4711");
  await expect(page.getByRole("link", { name: "The run and its whole log" })).toHaveAttribute("href", /\/runs\//);
  await expect(page.locator(".events li")).toHaveCount(1);
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(pictures, `alert-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByLabel("Reason or note").fill("Anna clears the lock");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".alert-side")).toContainText("Acknowledged by Lena Brandt");
  await expect(page.locator(".alert-side")).toContainText("because “Anna clears the lock”");
  await expect(page.locator(".events li")).toHaveCount(2);
});

test("an alert is read and tended before any script comes", async ({ browser }) => {
  const member = await browser.newPage();
  await signIn(member);
  const cookies = await member.context().cookies();
  await member.close();
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto(`${portal.url}/alerts/${alert}`);
  await expect(page.locator(".remedy")).toContainText("restic unlock");
  await page.getByLabel("Note only").check();
  await page.getByLabel("Reason or note").fill("written without scripts");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(`${portal.url}/alerts/${alert}`);
  await expect(page.locator(".events")).toContainText("written without scripts");
  await page.goto(`${portal.url}/backups/alerts?severity=critical`);
  await page.locator(".saved-views summary").click();
  await page.getByLabel("Keep these filters as").fill("Plain");
  await page.getByRole("button", { name: "Save view" }).click();
  await expect(page).toHaveURL(/severity=critical/);
  await page.locator(".saved-views summary").click();
  await expect(page.locator(".saved-views")).toContainText("Plain");
  await context.close();
});

test("many are acknowledged in one go, with a reason", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/alerts?state=untended&kind=job_failed`);
  const rows = page.locator("tbody tr");
  await rows.nth(0).locator("input[type=checkbox]").check();
  await rows.nth(1).locator("input[type=checkbox]").check();
  await page.locator(".bulk").getByRole("button", { name: "Acknowledge" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason or note").fill("both are on my list");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("2 alerts acknowledged.")).toBeVisible();
  await expect(rows.nth(0)).toContainText("Seen by Lena Brandt");
});

test("an acknowledgement is taken back, from the row and where it is said", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/alerts?state=acknowledged&kind=job_failed`);
  const row = page.locator("tbody tr").first();
  const choose = async (what: string) => {
    await row.locator(".cell-more summary").click();
    await row.getByRole("button", { name: what, exact: true }).click();
  };
  const acknowledge = async () => {
    await choose("Acknowledge");
    await page.getByRole("dialog").getByLabel("Reason or note").fill("on my list");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await expect(row).toContainText("Seen by Lena Brandt");
  };
  await expect(row).toContainText("Seen by Lena Brandt");
  await choose("Take it back");
  await expect(page.getByText("Acknowledgement of 1 alert taken back.")).toBeVisible();
  await expect(row).not.toContainText("Seen by");
  await acknowledge();
  await page.locator(".toast", { hasText: "1 alert acknowledged." }).getByRole("button", { name: "Undo" }).click();
  await expect(row).not.toContainText("Seen by");
  await acknowledge();
});

test("an alert that resolves says so on its page by itself", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/alerts/${alert}`);
  const at = new Date(Date.now() + 1_000).toISOString();
  await portal.api("POST", "events", [{ device: own["fs-locked"], job: "nightly", run: "r2", state: "succeeded", at, bytes: 1000 }]);
  await expect(page.locator(".alert-tiles")).toContainText("Resolved by itself");
  await expect(page.locator(".events")).toContainText("Resolved by itself");
});

test("a storm is one row, comes by itself, and its page holds its alerts", async ({ page }) => {
  await signIn(page);
  const client = await storm("storm");
  await open(page, `${portal.url}/backups/alerts`);
  const row = page.locator("tr.incident-row");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("11 alerts, all open");
  await expect(row).toContainText("One cause: storm");
  await expect(row).toContainText("No space is left");
  await expect(page.locator("tbody")).not.toContainText("storm-7");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(pictures, `tab-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  // Another joins, and the row says so without a reload.
  await device("storm-late", "workstation", client);
  await failing("storm-late", "r1", "write /mnt/nas: no space left on device");
  await expect(row).toContainText("12 alerts, all open");
  // Who looks for one of them finds it by itself.
  await open(page, `${portal.url}/backups/alerts?search=storm-7`);
  await expect(page.locator("tbody .row-link")).toHaveCount(1);
  await expect(page.locator("tbody")).toContainText("Part of an incident");
  await open(page, `${portal.url}/backups/alerts`);
  await row.getByRole("link", { name: "Incident" }).click();
  await expect(page.locator("h1")).toHaveText("Incident: storm");
  await expect(page.locator("tbody tr")).toHaveCount(12);
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await expectAccessible(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(pictures, `incident-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("button", { name: "Acknowledge all" }).click();
  await page.getByRole("dialog").getByLabel("Reason or note").fill("the NAS gets new disks");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("12 alerts acknowledged.")).toBeVisible();
  await expect(page.locator("tbody tr").first()).toContainText("Seen by Lena Brandt");
});

test("Home says the storm in one line, before what is less", async ({ page }) => {
  await signIn(page);
  await storm("gale");
  await open(page, portal.url);
  const needs = page.locator(".need");
  await expect(needs.filter({ hasText: "Incident:" }).filter({ hasText: "gale" })).toHaveCount(1);
  const severities = await needs.evaluateAll((all) => all.map((need) => need.getAttribute("data-state")));
  expect(severities).toEqual([...severities].sort());
  await expect(needs.filter({ hasText: "gale-3" })).toHaveCount(1);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(pictures, `home-1440-${colorScheme}.png`), fullPage: true });
  }
});

test("a policy that can't keep a service level says so once, with whom it concerns", async ({ page }) => {
  await signIn(page);
  const made = await portal.api<{ id: string }>("POST", "policies", { name: "Every other day", schedule: { every_minutes: 2880 } });
  await portal.api("PATCH", `devices/${own["fs-locked"]}`, { policy: made.id });
  await open(page, `${portal.url}/settings/policies`);
  await expect(page.locator("tbody tr", { hasText: "Every other day" })).toContainText("Servers of 1 client (1 device) are under a service level of 26 h; this policy backs up ");
  await page.screenshot({ path: join(pictures, "policies-1440.png"), fullPage: true });
  await open(page, `${portal.url}/settings/policies/${made.id}`);
  await expect(page.locator(".policy-warning").first()).toContainText("under a service level of 26 h");
  await expect(page.locator(".policy-concerned")).toContainText("Baker & Sons");
  await expectAccessible(page);
  await page.screenshot({ path: join(pictures, "policy-1440.png"), fullPage: true });
});

test("from the list to an alert and back by keyboard alone", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/alerts?kind=job_failed`);
  const link = page.locator("tbody .row-link");
  expect(await link.count(), "there are rows to walk").toBeGreaterThan(2);
  await link.first().focus();
  const steps: [string, number][] = [["j", 1], ["ArrowDown", 2], ["k", 1], ["ArrowUp", 0], ["ArrowUp", 0], ["j", 1]];
  for (const [key, row] of steps) {
    await page.keyboard.press(key);
    await expect(link.nth(row), key).toBeFocused();
  }
  const second = (await link.nth(1).getAttribute("href")) ?? "";
  expect(second).toMatch(/^\/alerts\/[0-9a-z]{13}$/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}${second}`);
  await expect(page.locator("h1")).toBeFocused();
  // As Alt ← does. The keys themselves belong to the browser's window, which a browser without one doesn't hear.
  await page.goBack();
  await expect(page).toHaveURL(/kind=job_failed/);
  await expect(page.locator("h1")).toBeFocused();
  await expect(page).toHaveTitle(/^Alerts/);
});

test("a client sees its own alert and can't tend it", async ({ page }) => {
  await open(page, `${portal.url}/sign-in`);
  await page.getByLabel("E-mail address").fill("karl.mueller@example.com");
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  await open(page, `${portal.url}/backups/alerts?state=resolved`);
  const link = page.locator("tbody .row-link").first();
  await expect(link).toBeVisible();
  await link.click();
  await expect(page).toHaveURL(/\/alerts\//);
  await expect(page.locator(".remedy")).toBeVisible();
  await expect(page.locator(".tend-form")).toHaveCount(0);
});
