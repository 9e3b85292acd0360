// Every page: axe in both themes, no console errors, the keyboard alone, and the live indicator telling the truth.
import { expect, expectAccessible, hydrated, OWNER, open, Portal, test, type Device } from "../portal";

let portal: Portal;
let device: Device;
let run = "";

test.beforeAll(async () => {
  portal = await Portal.owned();
  device = await portal.device("fs-01");
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  await portal.api("POST", "events", [
    { device: "fs-01", job: "nightly", run: "a", state: "failed", at: at(300), message: "wrong password" },
    { device: "fs-01", job: "nightly", run: "b", state: "running", at: at(100) },
    { device: "fs-01", job: "nightly", run: "b", state: "warning", at: at(90), items: 10342, bytes: 7340032, message: "one file could not be read", failed_items: ["/home/anna/.cache/lock"], log: "first line\nsecond line\n" },
    { device: "elsewhere-7", organization: portal.organization, job: "nightly", run: "x", state: "succeeded", at: at(5) },
  ]);
  await portal.api("POST", "restore-tests", { device: "fs-01", at: at(60), result: "passed", scope: "mail", rto_seconds: 90 });
  run = (await portal.api<{ items: { id: string }[] }>("GET", `runs?device=${device.id}`)).items[0]?.id ?? "";
});

test.afterAll(async () => {
  await portal.end();
});

const pages: [string, () => string][] = [
  ["home", () => "/"],
  ["devices", () => "/backups/devices"],
  ["alerts", () => "/backups/alerts"],
  ["device", () => `/devices/${device.id}`],
  ["connect", () => `/devices/${device.id}/connect`],
  ["add a device", () => `/devices/new?organization=${portal.organization}`],
  ["run", () => `/runs/${run}`],
  ["organizations", () => "/organizations"],
  ["organization", () => `/organizations/${portal.organization}`],
  ["policies", () => "/settings/policies"],
  ["keys", () => "/settings/keys"],
  ["inbox", () => "/settings/inbox"],
  ["audit log", () => "/settings/audit"],
];

for (const [name, path] of pages) {
  test(`${name}: axe finds nothing, wide and narrow, light and dark`, async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}${path()}`);
    await expect(page.locator("h1")).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
  });

  test(`${name}: the server's HTML is usable before any script`, async ({ browser }) => {
    const signedIn = await browser.newPage();
    await portal.signIn(signedIn);
    const cookies = await signedIn.context().cookies();
    await signedIn.close();
    const context = await browser.newContext({ javaScriptEnabled: false });
    await context.addCookies(cookies);
    const page = await context.newPage();
    await page.goto(`${portal.url}${path()}`);
    await expect(page.locator("h1")).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await context.close();
  });
}

test.describe("a refused sign-in", () => {
 // The browser reports a refused form as an error of its own.
 test.use({ expectedErrors: /status of 401/ });
 test("is accessible, and tells nothing about addresses", async ({ page }) => {
  await open(page, `${portal.url}/sign-in`);
  await expectAccessible(page);
  const answers: string[] = [];
  for (const email of [OWNER.email, "nobody@example.com"]) {
    await open(page, `${portal.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill("not the password at all");
    await page.getByRole("button", { name: "Sign in" }).click();
    const fault = page.getByRole("alert").first();
    await expect(fault).toBeVisible();
    answers.push((await fault.textContent()) ?? "");
  }
  expect(answers[0]).toBe(answers[1]);
 });
});

test("the keyboard alone signs in, finds a device in the list, opens it and comes back", async ({ page }) => {
  await open(page, `${portal.url}/backups/devices`);
  await expect(page).toHaveURL(/sign-in/);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("name") ?? "");
  for (let i = 0; i < 10 && (await focused()) !== "email"; i++) await page.keyboard.press("Tab");
  await page.keyboard.type(OWNER.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/backups\/devices/);
  await hydrated(page);
  await expect(page.getByRole("heading", { level: 1, name: "Devices" })).toBeVisible();
  const here = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let i = 0; i < 60 && (await here()) !== "fs-01"; i++) await page.keyboard.press("Tab");
  expect(await here()).toBe("fs-01");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/devices/${device.id}`));
  await expect(page.getByRole("heading", { level: 1, name: "fs-01" })).toBeVisible();
  // The heading has the focus after navigation; the way back stands just before it.
  for (let i = 0; i < 10 && (await here()) !== "Devices"; i++) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/backups\/devices/);
});

test.describe("when the server is gone", () => {
  // The browser itself reports each failed connection: that is what is being provoked.
  test.use({ expectedErrors: /ERR_|Failed to load resource/ });
  test("the live indicator says stale, and live once the server is back", async ({ page }) => {
    const own = await Portal.owned();
    await own.signIn(page);
    await open(page, `${own.url}/backups/devices`);
    const indicator = page.locator(".live-indicator");
    await expect(indicator).toHaveAttribute("data-pulse", "live");
    await own.stop("SIGKILL");
    await expect(indicator).toContainText(/stale since/i, { timeout: 40_000 });
    await own.serve();
    await expect(indicator).toHaveAttribute("data-pulse", "live", { timeout: 60_000 });
    await own.end();
  });
});

test("the API's description is a page of its own, readable without scripts", async ({ page }) => {
  await page.goto(`${portal.url}/api/docs`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("/api/v1/events").first()).toBeVisible();
  await expectAccessible(page);
});

test("an address that is nobody's is not found, also when signed in", async ({ page }) => {
  await portal.signIn(page);
  const answer = await page.request.get(`${portal.url}/devices/0000000000001`);
  expect(answer.status()).toBe(404);
});
