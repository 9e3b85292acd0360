// The console with a fleet in it: lists, their pages and files, one whole morning's round by keyboard alone, and what each list asks of the
// server. How the screens look is for screens.spec.ts.
import type { Download, Page } from "@playwright/test";
import { expect, hydrated, open, Portal, test } from "../portal";

const OWNER = { email: "lena.brandt@example.com", password: "a harbour full of lanterns" };

let portal: Portal;

const signIn = (page: Page) => portal.signIn(page, OWNER);

test.beforeAll(async () => {
  portal = await Portal.demo(OWNER.password);
});

test.afterAll(async () => {
  await portal.end();
});

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

/** A client with more critical devices than any other: twelve servers that were backed up ten days ago and have failed today, each with its log. */
async function worstClient(name: string): Promise<string> {
  const organization = (await portal.api<{ id: string }>("POST", "organizations", { name })).id;
  const message = "write /mnt/nas: no space left on device";
  const log = `opening repository\nscanning /srv\nerror: ${message}\nexit code 1\n`;
  const events: unknown[] = [];
  for (let n = 1; n <= 12; n++) {
    const device = (await portal.api<{ id: string }>("POST", "devices", { name: `store-${n}`, organization, class: "server" })).id;
    events.push({ device, job: "nightly", run: "r0", state: "succeeded", at: new Date(Date.now() - 10 * 86_400_000).toISOString(), bytes: 10_000_000 });
    events.push({ device, job: "nightly", run: "r1", state: "failed", at: new Date().toISOString(), message, log });
  }
  await portal.api("POST", "events", events);
  return `/organizations/${organization}`;
}

test("a morning's round by keyboard alone: Home, worst client, device, run, its log, and back", async ({ page }) => {
  await signIn(page);
  const worst = await worstClient("Frostgate Cold Stores");
  // The list of clients, ordered by who needs a look, says which one is the worst; Home leads with it.
  await open(page, `${portal.url}/backups/clients`);
  await expect(page.locator("tbody a.row-link").first()).toHaveAttribute("href", worst);
  await open(page, `${portal.url}/`);
  await expect(page.locator(".need-client").first()).toHaveAttribute("href", worst);
  await tabTo(page, ".need-client");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}${worst}`);
  await expect(page.locator("h1")).toHaveText("Frostgate Cold Stores");
  await expect(page.locator("h1")).toBeFocused();
  await tabTo(page, `a[href="${worst}/devices"]`);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}${worst}/devices`);
  const row = page.locator("tbody tr").first();
  await expect(row).toContainText("Critical");
  const device = (await row.locator("a.row-link").textContent()) ?? "";
  await tabTo(page, "tbody a.row-link");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/^[^?]*\/devices\/[0-9a-z]{13}$/);
  await expect(page.locator("h1")).toHaveText(device);
  await expect(page.locator("h1")).toBeFocused();
  // The latest run, which failed.
  await expect(page.locator("#runs tbody tr").first()).toContainText("Failed");
  await tabTo(page, '#runs tbody a[href^="/runs/"]', 160);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/runs\//);
  await expect(page.locator("h1")).toContainText("nightly");
  await expect(page.locator("h1")).toBeFocused();
  await expect(page).toHaveTitle(/nightly.* · Holdfast$/);
  await tabTo(page, ".log-bar input[type=search]");
  await page.keyboard.type("no space");
  await expect(page.locator(".log mark")).toHaveText("no space");
  await expect(page.locator(".log-found")).toHaveText("1 of 1 found");
  await page.keyboard.press("Escape");
  const places: [string | RegExp, string][] = [
    [/\/devices\/[0-9a-z]{13}$/, device],
    [`${portal.url}${worst}/devices`, "Frostgate Cold Stores"],
    [`${portal.url}${worst}`, "Frostgate Cold Stores"],
    [`${portal.url}/`, "Home"],
  ];
  for (const [place, heading] of places) {
    // As Alt ← does. The keys themselves belong to the browser's window, which a browser without one doesn't hear.
    await page.goBack();
    await expect(page).toHaveURL(place);
    await expect(page.locator("h1")).toHaveText(heading);
    await expect(page.locator("h1")).toBeFocused();
    await expect(page).toHaveTitle(new RegExp(`${heading}.* · Holdfast$`));
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

const names = (page: Page) => page.locator("tbody a.row-link").allTextContents();
const links = (page: Page) => page.locator("tbody a.row-link").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));

/** The lines of the file that the button below the list gives, without their head. */
async function csvOf(page: Page): Promise<string[]> {
  const [download]: [Download, void] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /CSV/ }).click()]);
  let text = "";
  for await (const chunk of await download.createReadStream()) text += chunk;
  return text.trim().split("\r\n").slice(1);
}

test("what the list of devices shows is what its CSV holds", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/backups/devices?band=critical`);
  const shown = await names(page);
  expect(shown.length).toBeGreaterThan(0);
  const lines = await csvOf(page);
  expect(lines.length).toBe(shown.length);
  shown.forEach((name, place) => expect(lines[place]).toContain(name));
});

test("devices are paged through: none comes twice, none is left out, the place is in the address, and the CSV holds the page", async ({ page }) => {
  await signIn(page);
  const { items: all } = await portal.api<{ items: unknown[] }>("GET", "devices?limit=500");
  // By name: what happens meanwhile moves no row.
  await open(page, `${portal.url}/backups/devices?sort=name`);
  const pager = page.getByRole("navigation", { name: "Pages" });
  const pages = [await links(page)];
  const firstNames = await names(page);
  expect(pages[0]?.length).toBe(50);
  await expect(pager.getByRole("link", { name: "First page" })).toHaveCount(0);
  const addresses: string[] = [];
  while ((await pager.getByRole("link", { name: "Next page" }).count()) > 0) {
    const before = page.url();
    await pager.getByRole("link", { name: "Next page" }).click();
    await expect(page).not.toHaveURL(before);
    await expect(page).toHaveURL(/[?&]cursor=[^&]+/);
    await expect(page).toHaveURL(/[?&]sort=name/);
    const last = pages.at(-1)?.[0] ?? "";
    await expect(page.locator(`tbody a.row-link[href="${last}"]`)).toHaveCount(0);
    await expect(page.locator("tbody a.row-link").first()).toBeVisible();
    pages.push(await links(page));
    addresses.push(page.url());
    expect(pages.length, "paging comes to an end").toBeLessThan(20);
  }
  const seen = pages.flat();
  expect(new Set(seen).size, "none comes twice").toBe(seen.length);
  expect(seen.length, "none is left out").toBe(all.length);
  // The address alone brings a page back; what is saved there are its rows.
  await open(page, addresses[0] ?? "");
  expect(await links(page)).toEqual(pages[1]);
  const second = await names(page);
  expect(second).not.toEqual(firstNames);
  const lines = await csvOf(page);
  expect(lines.length).toBe(second.length);
  second.forEach((name, place) => expect(lines[place]).toContain(name));
  await pager.getByRole("link", { name: "First page" }).click();
  await expect(page).not.toHaveURL(/cursor=/);
  await expect.poll(() => links(page)).toEqual(pages[0]);
  await page.goBack();
  await expect(page).toHaveURL(addresses[0] ?? "");
  await expect.poll(() => links(page)).toEqual(pages[1]);
});

/** A list, how it is come to by a press, and what that asks of the server: `rows` once each, nothing else. */
type Asked = { list: string; navigation: string; link: string | RegExp; rows: string[] };

const head = "organizations/one";
const lists: Asked[] = [
  { list: "devices", navigation: "Main", link: "Backups", rows: ["backup/devices"] },
  { list: "clients", navigation: "Backups", link: "Clients", rows: ["backup/clients"] },
  { list: "alerts", navigation: "Backups", link: /^Alerts/, rows: ["backup/alerts"] },
  { list: "compliance", navigation: "Backups", link: "Compliance", rows: ["backup/compliance"] },
  { list: "SaaS", navigation: "Backups", link: "SaaS", rows: ["saas/overview"] },
  { list: "policies", navigation: "Main", link: "Settings", rows: ["settings/policies"] },
  { list: "keys", navigation: "Settings", link: "API keys", rows: ["settings/keys"] },
  { list: "inbox", navigation: "Settings", link: "Inbox", rows: ["settings/inbox"] },
  { list: "audit log", navigation: "Settings", link: "Audit log", rows: ["settings/audit"] },
  { list: "organizations", navigation: "Main", link: "Organizations", rows: ["organizations/list"] },
  // A client's page has a head of its own, with name, state and tabs.
  { list: "a client", navigation: "", link: "Clínica Montañés", rows: [head] },
  { list: "a client's devices", navigation: "Organization", link: /^Devices/, rows: [head, "backup/devices"] },
  { list: "a client's SaaS", navigation: "Organization", link: /^SaaS/, rows: [head, "saas/accounts"] },
  { list: "a client's alerts", navigation: "Organization", link: /^Alerts/, rows: [head, "backup/alerts"] },
  { list: "a client's compliance", navigation: "Organization", link: "Compliance", rows: [head, "backup/compliance"] },
  // Runs that are open move: these two come last, since what the stream makes them ask for may come later.
  { list: "a client's job log", navigation: "Organization", link: "Job log", rows: [head, "backup/job_log"] },
  { list: "Home", navigation: "Main", link: "Home", rows: ["backup/home"] },
];

/** What the stream, not the press, makes Home and the job log ask: open runs of accounts, and runs that are newer than the list. */
const FOLLOWED = ["backup/run", "backup/job_log_news"];

test("coming to a list asks the server once for its rows, and for nothing that is not named here", async ({ page }) => {
  await signIn(page);
  await open(page, `${portal.url}/settings/account`);
  await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
  const asked: string[] = [];
  page.on("request", (request) => {
    const name = new URL(request.url()).pathname.split("/sf/")[1];
    if (name !== undefined) asked.push(name);
  });
  for (const { list, navigation, link, rows } of lists) {
    asked.length = 0;
    const place = page.url();
    const region = navigation ? page.getByRole("navigation", { name: navigation, exact: true }) : page.locator("tbody");
    await region.getByRole("link", { name: link }).first().click();
    await expect(page, list).not.toHaveURL(place);
    await expect.poll(() => asked, { message: list }).toEqual(expect.arrayContaining(rows));
    await expect(page.locator("[aria-busy=true]"), list).toHaveCount(0);
    // Whoever asks twice does so at once, or when the stream has been told what is on the page now.
    await page.waitForTimeout(800);
    expect(asked.filter((name) => !FOLLOWED.includes(name)).sort(), list).toEqual([...rows].sort());
  }
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
