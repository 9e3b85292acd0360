// The console with a fleet in it: every screen in both themes and on a phone, and one whole morning's round by keyboard alone.
// Pictures of each are written to end2end/pictures, to be looked at.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, hydrated, open, Portal, test } from "../portal";

const OWNER = { email: "lena.brandt@example.com", password: "a harbour full of lanterns" };
const pictures = resolve(__dirname, "../pictures/console");

let portal: Portal;
/** Places that only the fleet knows, found as a person would find them. */
const places: Record<string, string> = {};

async function signIn(page: Page): Promise<void> {
  await open(page, `${portal.url}/sign-in`);
  await page.getByLabel("E-mail address").fill(OWNER.email);
  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

const first = (page: Page, selector: string) => page.locator(selector).first().getAttribute("href");

test.beforeAll(async ({ browser }) => {
  mkdirSync(pictures, { recursive: true });
  portal = await Portal.demo(OWNER.password);
  const page = await browser.newPage();
  await signIn(page);
  await open(page, `${portal.url}/backups/devices?band=critical`);
  places.device = (await first(page, "tbody a.row-link")) ?? "";
  await open(page, `${portal.url}/backups/clients`);
  places.organization = (await first(page, "tbody a.row-link")) ?? "";
  await open(page, `${portal.url}/backups/log?result=failed`);
  places.run = (await first(page, "tbody a[href^='/runs/']")) ?? "";
  await open(page, `${portal.url}/settings/policies`);
  places.policy = (await first(page, "tbody a[href^='/settings/policies/']")) ?? "";
  await page.close();
});

test.afterAll(async () => {
  await portal.end();
});

const screens: [string, () => string][] = [
  ["home", () => "/"],
  ["devices", () => "/backups/devices"],
  ["clients", () => "/backups/clients"],
  ["alerts", () => "/backups/alerts"],
  ["job-log", () => "/backups/log"],
  ["device", () => places.device],
  ["run", () => places.run],
  ["organizations", () => "/organizations"],
  ["organization", () => places.organization],
  ["organization-devices", () => `${places.organization}/devices`],
  ["organization-alerts", () => `${places.organization}/alerts`],
  ["organization-log", () => `${places.organization}/log`],
  ["organization-settings", () => `${places.organization}/settings`],
  ["policies", () => "/settings/policies"],
  ["policy", () => places.policy],
  ["inbox", () => "/settings/inbox"],
  ["keys", () => "/settings/keys"],
  ["account", () => "/settings/account"],
  ["audit", () => "/settings/audit"],
  ["search", () => "/search?q=fs"],
];

for (const [name, path] of screens) {
  test(`${name}: axe finds nothing and nothing sticks out, wide and narrow, light and dark`, async ({ page }) => {
    await signIn(page);
    expect(path(), "the fleet has such a place").not.toBe("");
    await open(page, portal.url + path());
    await expect(page.locator("h1")).toBeVisible();
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await expectAccessible(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, `nothing sticks out at ${width}`).toBeLessThanOrEqual(0);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`) });
      }
    }
    for (const width of [360, 2560]) {
      await page.setViewportSize({ width, height: 1000 });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, `nothing sticks out at ${width}`).toBeLessThanOrEqual(0);
    }
  });
}

test("the server's HTML of every list holds its rows before any script", async ({ browser }) => {
  const member = await browser.newPage();
  await signIn(member);
  const cookies = await member.context().cookies();
  await member.close();
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(cookies);
  const page = await context.newPage();
  for (const path of ["/backups/devices", "/backups/clients", "/backups/alerts", "/backups/log", "/organizations", "/settings/policies"]) {
    await page.goto(portal.url + path);
    await expect(page.locator("main tbody tr").first(), path).toBeVisible();
    await expect(page.locator("[aria-busy=true]"), path).toHaveCount(0);
  }
  await context.close();
});

/** Presses Tab until `selector` has the focus. */
async function tabTo(page: Page, selector: string, most = 80): Promise<void> {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard never came to ${selector} on ${page.url()}`);
}

test("a morning's round by keyboard alone: Home, worst client, device, run, its log, and back", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/`);
  // Home says who needs a look first: the client of its first line that names one.
  const worst = await page.locator(".need-client").first().getAttribute("href");
  await tabTo(page, ".need-client");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}${worst}`);
  await expect(page.locator("h1")).toBeFocused();
  await tabTo(page, `a[href="${worst}/devices"]`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/devices$/);
  await tabTo(page, "tbody a.row-link");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/^[^?]*\/devices\/[0-9a-z]{13}$/);
  await expect(page.locator("h1")).toBeFocused();
  await tabTo(page, 'main a[href^="/runs/"]', 160);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/runs\//);
  await expect(page.locator("h1")).toBeFocused();
  await expect(page).toHaveTitle(/Holdfast/);
  if ((await page.locator(".log").count()) > 0) {
    await tabTo(page, ".search input");
    await page.keyboard.type("e");
    await page.keyboard.press("Enter");
    await expect(page.locator(".log mark").first()).toBeVisible();
    await page.keyboard.press("Escape");
  }
  for (const place of [/\/devices\/[0-9a-z]{13}$/, /\/devices$/, new RegExp(`${worst}$`), /\/$/]) {
    await page.goBack();
    await expect(page).toHaveURL(place);
  }
  await expect(page.locator(".need").first()).toBeVisible();
});

test("back and forward keep filters and the place on the page", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  await page.getByRole("link", { name: /^Healthy/ }).click();
  await expect(page).toHaveURL(/band=healthy/);
  // Only the list that was asked for has a place to come back to.
  await expect(page.locator('.chip[aria-current="true"]')).toContainText("Healthy");
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await page.evaluate(() => window.scrollTo(0, 900));
  const row = page.locator("tbody a.row-link").nth(20);
  await row.scrollIntoViewIfNeeded();
  // The place is the one of the press: a row that moved meanwhile is scrolled to once more.
  const pressed = page.evaluate(
    () => new Promise<number>((found) => window.addEventListener("click", () => found(window.scrollY), { capture: true, once: true })),
  );
  await row.click();
  const place = await pressed;
  expect(place).toBeGreaterThan(150);
  await expect(page).toHaveURL(/\/devices\//);
  // Slower than the page would like: the place is taken when the rows are there.
  await page.route(/\/sf\//, async (call) => {
    await new Promise((done) => setTimeout(done, 6_000));
    await call.continue();
  });
  await page.goBack();
  await expect(page).toHaveURL(/band=healthy/);
  await expect(page.locator('.chip[aria-current="true"]')).toContainText("Healthy");
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(place - 50);
});

test("a link that is pressed while the page is still being taken over is followed by the browser", async ({ page }) => {
  await signIn(page);
  // Each task waits: between two pieces of hydration there is time to press.
  await page.addInitScript(() => {
    const later = window.setTimeout.bind(window);
    window.setTimeout = ((task: TimerHandler, wait = 0) => later(task, wait + 500)) as typeof window.setTimeout;
  });
  await page.goto(`${portal.url}/backups/devices?band=healthy`);
  // The frame is alive, the page within is not yet.
  await page.waitForFunction(() => history.scrollRestoration === "manual");
  await page.evaluate(() => Object.assign(window, { isFirst: true }));
  expect(await page.locator("html").getAttribute("data-hydrated")).toBeNull();
  // A place on the same page takes nothing away: nothing is loaded anew.
  await page.evaluate(() => location.assign("#main"));
  await expect(page).toHaveURL(/#main$/);
  expect(await page.evaluate(() => "isFirst" in window)).toBe(true);
  expect(await page.locator("html").getAttribute("data-hydrated")).toBeNull();
  await page.locator("tbody a.row-link").nth(3).click();
  await expect(page).toHaveURL(/\/devices\//);
  expect(await page.evaluate(() => "isFirst" in window)).toBe(false);
  await hydrated(page);
  await page.goBack();
  await hydrated(page);
  await expect(page.locator('.chip[aria-current="true"]')).toContainText("Healthy");
  await page.locator("tbody a.row-link").nth(3).click();
  await expect(page).toHaveURL(/\/devices\//);
});

test("a row opens in a new tab, because it is a link", async ({ page, context }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/clients`);
  const [tab] = await Promise.all([
    context.waitForEvent("page"),
    page.locator("tbody a.row-link").first().click({ modifiers: ["ControlOrMeta"] }),
  ]);
  await hydrated(tab);
  await expect(tab).toHaveURL(/\/organizations\//);
  await expect(page).toHaveURL(/backups\/clients/);
});

test("what the list of devices shows is what its CSV holds", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/devices?band=critical`);
  const names = await page.locator("tbody a.row-link").allTextContents();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /CSV/ }).click()]);
  const stream = await download.createReadStream();
  let text = "";
  for await (const chunk of stream) text += chunk;
  const lines = text.trim().split("\r\n");
  expect(lines.length).toBe(names.length + 1);
  names.forEach((name, place) => expect(lines[place + 1]).toContain(name));
});

test("a hidden column stays hidden, also in the server's HTML", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const policy = page.getByRole("columnheader", { name: "Policy" });
  await expect(policy).toBeVisible();
  await page.locator("summary", { hasText: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Policy", exact: true }).click();
  await expect(policy).toBeHidden();
  await open(page, `${portal.url}/backups/devices`);
  await expect(page.getByRole("columnheader", { name: "Policy" })).toBeHidden();
});

test("one event moves the client's numbers, without a reload", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/clients`);
  await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
  const row = page.locator("tbody tr", { has: page.locator("a.row-link") }).first();
  const name = (await row.locator("a.row-link").textContent()) ?? "";
  const healthy = async () => Number((await row.locator('[data-label="Healthy"]').textContent())?.replace(/\D/g, "") ?? "0");
  const before = await healthy();
  const id = new URL((await row.locator("a.row-link").getAttribute("href")) ?? "", portal.url).pathname.split("/")[2];
  const made = await portal.api<{ id: string }>("POST", "devices", { name: "browser-test-01", organization: id, class: "server" });
  await portal.api("POST", "events", [{ device: made.id, job: "nightly", run: "r1", state: "succeeded", at: new Date().toISOString() }]);
  await expect.poll(healthy, { message: name }).toBe(before + 1);
});
