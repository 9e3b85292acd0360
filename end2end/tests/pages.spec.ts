// Every page: axe in both themes, no console errors, the keyboard alone, what can't be shown, and the live indicator telling the truth.
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

/** Of nothing. */
const NOBODYS = "0000000000001";

test.describe("what isn't there", () => {
  // The browser reports each answer that isn't a page, or isn't data, as an error of its own: that is what is being provoked.
  test.use({ expectedErrors: /status of 404/ });

  for (const place of [
    `/devices/${NOBODYS}`,
    `/devices/${NOBODYS}/connect`,
    `/runs/${NOBODYS}`,
    `/alerts/${NOBODYS}`,
    `/incidents/${NOBODYS}`,
    `/accounts/${NOBODYS}`,
    `/organizations/${NOBODYS}`,
    `/organizations/${NOBODYS}/devices`,
    `/organizations/${NOBODYS}/reports`,
    `/organizations/${NOBODYS}/features`,
    `/settings/policies/${NOBODYS}`,
    `/settings/maintenance/${NOBODYS}`,
  ]) {
    test(`${place} is answered with 404, and its title and its one heading say so`, async ({ page }) => {
      await portal.signIn(page);
      const answer = await page.goto(portal.url + place);
      expect(answer?.status()).toBe(404);
      expect(await answer?.text()).toContain("<title>Not found · Holdfast</title>");
      await hydrated(page);
      await expect(page).toHaveTitle("Not found · Holdfast");
      await expect(page.locator("#main").getByRole("heading")).toHaveText(["Not found"]);
      await expect(page.getByRole("link", { name: "Go to Home" })).toBeVisible();
    });
  }

  test("its page: axe finds nothing, wide and narrow, light and dark", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/devices/${NOBODYS}`);
    await expect(page.locator("h1")).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
  });

  test("reached from another page, its heading has the focus and is read out", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/backups/devices`);
    const link = page.getByRole("link", { name: "fs-01", exact: true });
    await link.evaluate((link, to) => link.setAttribute("href", to), `/devices/${NOBODYS}`);
    await link.click();
    await expect(page.locator("h1")).toHaveText("Not found");
    await expect(page.locator("h1")).toBeFocused();
    await expect(page).toHaveTitle("Not found · Holdfast");
    await expect(page.locator(".hidden-words[aria-live=polite]")).toHaveText("Not found");
    await page.goBack();
    await expect(page.locator("h1")).toHaveText("Devices");
    await expect(page).toHaveTitle("Devices · Holdfast");
  });
});

test.describe("when a list can't be had", () => {
  test.use({ expectedErrors: /status of 50[02]/ });

  const answers: [string, { status: number; contentType: string; body: string }][] = [
    ["by an error of ours", { status: 500, contentType: "application/json", body: JSON.stringify({ code: "internal", message: "Something went wrong on our side.", status: 500, field: null }) }],
    ["by a proxy's own page", { status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }],
  ];
  for (const [name, answer] of answers) {
    test(`${name}, its page stays and says so, and loading it again brings it`, async ({ page }) => {
      await portal.signIn(page);
      await open(page, `${portal.url}/backups/devices`);
      await page.route("**/sf/backup/alerts", (route) => route.fulfill(answer));
      await page.locator('#main a[href="/backups/alerts"]').first().click();
      await expect(page.locator("h1")).toHaveText("Alerts");
      await expect(page.locator("h1")).toBeFocused();
      await expect(page).toHaveTitle("Alerts · Holdfast");
      const fault = page.locator(".error-box");
      await expect(fault.getByRole("heading", { level: 2 })).toHaveText("That didn't work");
      await expect(fault).toContainText("Something went wrong on our side");
      await expectAccessible(page);
      await page.unroute("**/sf/backup/alerts");
      await fault.getByRole("button", { name: "Load again" }).click();
      await expect(page.getByRole("search", { name: "Filter alerts" })).toBeVisible();
      await expect(fault).toHaveCount(0);
    });
  }
});

test.describe("without a connection", () => {
  test.use({ expectedErrors: /ERR_|Failed to load resource/ });

  test("a page says that the portal can't be reached, and is there again with the connection", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/backups/devices`);
    await page.route("**/sf/**", (route) => route.abort());
    await page.getByRole("link", { name: "fs-01", exact: true }).click();
    await expect(page.locator("h1")).toHaveText("Can't reach the portal");
    await expect(page.locator("h1")).toBeFocused();
    await expect(page).toHaveTitle("Can't reach the portal · Holdfast");
    await expect(page).toHaveURL(new RegExp(`/devices/${device.id}`));
    await page.unroute("**/sf/**");
    await page.getByRole("button", { name: "Load again" }).click();
    await expect(page.locator("h1")).toHaveText("fs-01");
    await hydrated(page);
    // A page that is more than its list keeps its own heading.
    await page.route("**/sf/**", (route) => route.abort());
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Organizations" }).click();
    await expect(page.locator("h1")).toHaveText("Organizations");
    await expect(page.locator(".error-box h2")).toHaveText("Can't reach the portal");
    await page.unroute("**/sf/**");
    await page.goBack();
    await expect(page.locator("h1")).toHaveText("fs-01");
    await expect(page.locator(".error-box")).toHaveCount(0);
  });
});

test("a device's page leads to all its alerts, those that are over too, and to nobody else's", async ({ page }) => {
  const namesake = await portal.device("fs-010");
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const report = (run: string, state: string, minutes: number) => portal.api("POST", "events", [{ device: namesake.name, job: "nightly", run, state, at: at(minutes) }]);
  await report("a", "failed", 20);
  await report("b", "succeeded", 10);
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${namesake.id}`);
  await page.getByRole("link", { name: "All its alerts" }).click();
  await expect(page).toHaveURL(new RegExp(`/backups/alerts\\?device=${namesake.id}`));
  await expect(page.locator("h1")).toHaveText("Alerts");
  const rows = page.getByRole("table", { name: "Alerts" }).locator("tbody tr");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(namesake.name);
  await expect(rows).toContainText("Resolved");
  const only = page.getByRole("link", { name: `Only ${namesake.name}` });
  await expect(only).toHaveAttribute("aria-current", "true");
  await only.click();
  await expect(page).not.toHaveURL(/device=/);
  await expect(only).toHaveCount(0);
});

test("an address that is nobody's is not found, also when signed in", async ({ page }) => {
  await portal.signIn(page);
  const answer = await page.request.get(`${portal.url}/devices/0000000000001`);
  expect(answer.status()).toBe(404);
});
