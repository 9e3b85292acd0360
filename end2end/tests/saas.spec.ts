// The two SaaS dashboards against the source text, point by point: columns, totals, menus, paths; who sees what; and what moves by
// itself, within a second, in tabs of different roles.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, expectAccessible, open, Portal, test } from "../portal";

const PASSWORD = "a harbour full of lanterns";
const pictures = resolve(__dirname, "../pictures/saas");

let portal: Portal;
/** Organizations of this test: one with a limit that is passed, one deactivated, one that never connected. */
const ids: Record<"quay" | "jetty" | "bare", string> = { quay: "", jetty: "", bare: "" };
let account = "";

type Made = { id: string };

async function signIn(page: Page, who: string): Promise<void> {
  await open(page, `${portal.url}/sign-in`);
  await page.getByLabel("E-mail address").fill(`${who}@example.com`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}

/** A tab of its own for one person. */
async function tab(browser: Browser, who: string, path: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, who);
  await open(page, portal.url + path);
  return page;
}

const event = (address: string, workload: string, run: string, state: string, more: object = {}) =>
  portal.api("POST", "events", [{ account: address, workload, run, state, at: new Date().toISOString(), ...more }]);

async function customer(name: string, region: string, plan_type: string, seat_limit: number, users: number, service = "microsoft_365"): Promise<string> {
  const made = await portal.api<Made>("POST", "organizations", { name, region, plan_name: `Plan of ${name}`, plan_type, seat_limit });
  const connection = await portal.api<Made>("POST", "connections", { organization: made.id, service });
  const domain = `${name.toLowerCase().replace(/\W+/g, "-")}.example`;
  const accounts = Array.from({ length: users }, (_, n) => ({
    address: `person${String(n).padStart(2, "0")}@${domain}`,
    name: `Person ${n}`,
    type: n % 4 === 3 ? "shared_mailbox" : "user",
    status: n % 5 === 4 ? "deactivated" : "activated",
  }));
  if (users > 0) await portal.api("POST", "accounts", { connection: connection.id, accounts });
  return made.id;
}

test.beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  portal = await Portal.demo(PASSWORD);
  ids.quay = await customer("AAA Quay", "eu-central", "Archiver", 5, 10);
  ids.jetty = await customer("AAA Jetty", "us-east", "Backup", 20, 3, "google_workspace");
  ids.bare = (await portal.api<Made>("POST", "organizations", { name: "AAA Bare" })).id;
  await portal.api("PATCH", `organizations/${ids.jetty}`, { status: "deactivated" });
  await event("person00@aaa-quay.example", "email", "e1", "succeeded", { items: 1204, bytes: 7_340_032 });
  await event("person00@aaa-quay.example", "drive", "d1", "failed", { message: "The mailbox is locked" });
  await event("person01@aaa-quay.example", "email", "e1", "warning", { items: 10, bytes: 1024 });
  const found = await portal.api<{ items: { id: string; address: string }[] }>("GET", `accounts?organization=${ids.quay}`);
  account = found.items.find((a) => a.address.startsWith("person00"))?.id ?? "";
});

test.afterAll(async () => {
  await portal.end();
});

/** A total by its words. */
const total = (page: Page, label: string) => page.locator(".stat", { has: page.locator(".stat-label", { hasText: new RegExp(`^${label}$`) }) }).locator(".stat-number");
const number = async (page: Page, label: string) => Number((await total(page, label).textContent())?.replace(/\D/g, "") ?? "NaN");
const live = (page: Page) => expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");

test("global: Backups → SaaS leads to totals and the table that the source names", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/`);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Backups" }).click();
  await page.getByRole("navigation", { name: "Backups" }).getByRole("link", { name: "SaaS" }).click();
  await expect(page).toHaveURL(/\/saas$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("SaaS overview");
  const tab = page.getByRole("navigation", { name: "Backups" }).getByRole("link", { name: "SaaS" });
  await expect(tab).toHaveAttribute("aria-current", "page");

  const usage = page.locator("section.section", { has: page.getByRole("heading", { name: "Usage" }) });
  await expect(usage.locator(".stat-label")).toHaveText(["Total seats"]);
  const results = page.locator("section.section", { has: page.getByRole("heading", { name: "Results" }) });
  await expect(results.locator(".stat-label")).toHaveText(["Success", "Retrying", "Running", "Failed"]);
  await expect(page.getByRole("navigation", { name: "Time of the ended runs" }).getByRole("link")).toHaveText(["24 hours", "7 days", "30 days"]);

  const heads = await page.locator("thead th:visible").allTextContents();
  const named = ["Organization", "Status", "Region", "Plan name", "Plan type", "Total seat usage"];
  expect(heads.filter((head) => named.includes(head))).toEqual(named);

  const row = page.locator("tbody tr", { hasText: "AAA Quay" });
  await expect(row.locator('[data-label="Status"]')).toHaveText("Activated");
  await expect(row.locator('[data-label="Region"]')).toHaveText("eu-central");
  await expect(row.locator('[data-label="Plan name"]')).toHaveText("Plan of AAA Quay");
  await expect(row.locator('[data-label="Plan type"]')).toHaveText("Archiver");
  await expect(row.locator('[data-label="Total seat usage"]')).toContainText("8 of 5");
  await expect(row.locator('[data-label="Total seat usage"]')).toContainText("3 above");
  const off = page.locator("tbody tr", { hasText: "AAA Jetty" });
  await expect(off.locator('[data-label="Status"]')).toHaveText("Deactivated");
  await expect(page.locator("tbody tr", { hasText: "AAA Bare" })).toHaveCount(0);

  await row.locator("summary").click();
  await expect(row.getByRole("link", { name: "Manage features" })).toHaveAttribute("href", `/organizations/${ids.quay}/features`);
  await page.keyboard.press("Escape");
  await row.locator("a.row-link").click();
  await expect(page).toHaveURL(`${portal.url}/organizations/${ids.quay}/saas`);
});

test("organization: the SaaS tab has the totals and the table that the source names", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/organizations/${ids.quay}`);
  await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "SaaS" }).click();
  await expect(page).toHaveURL(/\/saas$/);
  await expect(page.locator(".stat-label")).toHaveText(["Total seats", "Success", "Retrying", "Running", "Failed"]);
  expect(await number(page, "Total seats")).toBe(8);
  expect(await number(page, "Success")).toBe(2);
  expect(await number(page, "Failed")).toBe(1);
  const heads = await page.locator("thead th:visible").allTextContents();
  const named = ["Account", "Type", "Service", "Last backup result", "Last backup date"];
  expect(heads.filter((head) => named.includes(head))).toEqual(named);
  const row = page.locator("tbody tr", { hasText: "person00@" });
  await expect(row.locator('[data-label="Type"]')).toHaveText("User");
  await expect(row.locator('[data-label="Service"]')).toHaveText("Microsoft 365");
  await expect(row.locator('[data-label="Last backup result"]')).toContainText(/Succeeded|Failed/);
  await expect(row.locator('[data-label="Last backup date"] time')).toBeVisible();
  await expect(row.locator(".workload[data-active]")).toHaveCount(5);
  await expect(row.locator(".day")).toHaveCount(31);
  const off = page.locator("tbody tr", { hasText: "person04@" });
  await expect(off).toContainText("Unprotected");
  await expect(off.locator(".workload")).toHaveCount(5);
  await expect(off.locator(".workload[data-active]")).toHaveCount(0);
  await expect(off.locator('[data-label="Last backup result"]')).toContainText("Never");
});

test("account: its workloads, what the last successful backup held, its runs, and from a run back to it", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/organizations/${ids.quay}/saas`);
  await page.locator("tbody tr", { hasText: "person00@" }).locator("a.row-link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("person00@aaa-quay.example");
  const email = page.locator("#workloads tbody tr", { hasText: "Email" });
  await expect(email.locator('[data-label="Last run"]')).toHaveText("Succeeded");
  await expect(email.locator('[data-label="Objects"]')).toHaveText("1,204");
  await expect(email.locator('[data-label="Size"]')).toHaveText("7.0 MiB");
  await expect(email.locator(".day")).toHaveCount(31);
  const drive = page.locator("#workloads tbody tr", { hasText: "Drive" });
  await expect(drive.locator('[data-label="Last run"]')).toHaveText("Failed");
  await expect(page.getByRole("heading", { name: "Open alerts" })).toBeVisible();
  await drive.locator('[data-label="Last run"] a').click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Run of Drive");
  await page.locator(".facts a", { hasText: "person00@" }).click();
  await expect(page).toHaveURL(`${portal.url}/accounts/${account}`);
  await open(page, `${portal.url}/backups/log?device=person00`);
  await expect(page.locator("tbody tr")).toHaveCount(2);
  await page.locator('tbody a[href^="/accounts/"]').first().click();
  await expect(page).toHaveURL(`${portal.url}/accounts/${account}`);
});

test("an account is found by its address, and the dashboard by its name", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/search?q=person00@aaa-quay`);
  await page.getByRole("link", { name: "person00@aaa-quay.example" }).click();
  await expect(page).toHaveURL(`${portal.url}/accounts/${account}`);
  await open(page, `${portal.url}/search?q=mailboxes`);
  await page.getByRole("link", { name: "SaaS overview" }).click();
  await expect(page).toHaveURL(/\/saas$/);
});

test("search as one types, filters, order and window live in the address; back and forward keep them", async ({ page }) => {
  await signIn(page, "lena.brandt");
  await open(page, `${portal.url}/saas`);
  await page.getByRole("searchbox", { name: "Search organizations" }).pressSequentially("aaa");
  await expect(page).toHaveURL(/search=aaa/);
  await expect(page.locator("tbody tr")).toHaveCount(2);
  await expect(page.locator(".pager")).toContainText("2 shown of 2 organizations");
  await page.locator("select[name=status]").selectOption("deactivated");
  await expect(page).toHaveURL(/status=deactivated/);
  await expect(page.locator("tbody a.row-link")).toHaveText(["AAA Jetty"]);
  await page.getByRole("link", { name: "7 days" }).click();
  await expect(page).toHaveURL(/window=7d/);
  await page.locator("tbody a.row-link").click();
  await expect(page).toHaveURL(/\/organizations\/.*\/saas/);
  await page.goBack();
  await expect(page).toHaveURL(/search=aaa.*status=deactivated.*window=7d/);
  await expect(page.locator("tbody a.row-link")).toHaveText(["AAA Jetty"]);
  await expect(page.locator('.choice-item[aria-current="true"]')).toHaveText("7 days");
  await page.goBack();
  await page.goBack();
  await expect(page).not.toHaveURL(/status=/);
  await expect(page.locator("tbody tr")).toHaveCount(2);
  await page.goForward();
  await expect(page.locator("tbody a.row-link")).toHaveText(["AAA Jetty"]);
  await open(page, `${portal.url}/saas?search=aaa`);
  await page.getByRole("columnheader", { name: "Total seat usage" }).getByRole("link").click();
  await expect(page.locator("tbody a.row-link")).toHaveText(["AAA Quay", "AAA Jetty"]);
  await open(page, `${portal.url}/organizations/${ids.quay}/saas?status=deactivated`);
  await expect(page.locator("tbody tr")).toHaveCount(2);
  await page.locator("select[name=result]").selectOption("never");
  await expect(page).toHaveURL(/result=never/);
  await page.goBack();
  await expect(page).not.toHaveURL(/result=never/);
  await page.goBack();
});

test("the CSV holds what the rows show", async ({ page }) => {
  await signIn(page, "lena.brandt");
  const csv = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /CSV/ }).click()]);
    let text = "";
    for await (const chunk of await download.createReadStream()) text += chunk;
    return text.trim().split("\r\n").map((line) => line.replace(/^"|"$/g, "").split('","'));
  };
  await open(page, `${portal.url}/saas?search=aaa`);
  let [heads, ...rows] = await csv();
  expect(heads).toEqual(["Organization", ...(heads.includes("Partner") ? ["Partner"] : []), "Status", "Region", "Plan name", "Plan type", "Total seat usage"]);
  expect(rows.map((row) => row[0])).toEqual(await page.locator("tbody a.row-link").allTextContents());
  expect(rows.find((row) => row[0] === "AAA Quay")?.slice(-5)).toEqual(["Activated", "eu-central", "Plan of AAA Quay", "Archiver", "8 of 5"]);
  await open(page, `${portal.url}/organizations/${ids.quay}/saas?sort=-account`);
  [heads, ...rows] = await csv();
  expect(heads.slice(0, 5)).toEqual(["Account", "Type", "Service", "Last backup result", "Last backup date"]);
  const addresses = await page.locator("tbody a.row-link").allTextContents();
  expect(rows.map((row) => row[0].replace(" (unprotected)", ""))).toEqual(addresses);
});

for (const [name, path] of [
  ["global", () => "/saas"],
  ["organization", () => `/organizations/${ids.quay}/saas`],
  ["empty", () => `/organizations/${ids.bare}/saas`],
  ["account", () => `/accounts/${account}`],
] as [string, () => string][]) {
  test(`${name}: axe finds nothing and nothing sticks out, wide and narrow, light and dark`, async ({ page }) => {
    await signIn(page, "lena.brandt");
    await open(page, portal.url + path());
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await expectAccessible(page);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
    }
    for (const width of [360, 390, 768, 1024, 1280, 1440, 2560]) {
      await page.setViewportSize({ width, height: 1000 });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, `nothing sticks out at ${width}`).toBeLessThanOrEqual(0);
    }
  });
}

test("the server's HTML holds totals and rows before any script", async ({ browser }) => {
  const member = await tab(browser, "lena.brandt", "/saas");
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(await member.context().cookies());
  const page = await context.newPage();
  for (const path of ["/saas?search=aaa", `/organizations/${ids.quay}/saas`, `/accounts/${account}`]) {
    await page.goto(portal.url + path);
    await expect(page.locator("main tbody tr").first(), path).toBeVisible();
  }
  await page.goto(`${portal.url}/saas?search=aaa`);
  await expect(page.locator(".stat-label").first()).toHaveText("Total seats");
  await context.close();
  await member.context().close();
});

test("finance sees seats and plans and nothing of results, not even in the HTML", async ({ browser }) => {
  const page = await tab(browser, "piet.devries", "/saas");
  await expect(page.locator(".stat-label")).toHaveText(["Total seats"]);
  await expect(page.locator("tbody tr", { hasText: "AAA Quay" }).locator('[data-label="Total seat usage"]')).toContainText("8 of 5");
  const html = await page.request.get(`${portal.url}/saas?search=aaa`).then((r) => r.text());
  for (const word of ["Results", "Retrying", "Success"]) expect(html).not.toContain(`>${word}<`);
  await open(page, `${portal.url}/organizations/${ids.quay}/saas`);
  await expect(page.locator("tbody tr")).toHaveCount(10);
  await expect(page.getByRole("columnheader", { name: "Last backup result" })).toHaveCount(0);
  const own = await page.request.get(`${portal.url}/organizations/${ids.quay}/saas`).then((r) => r.text());
  expect(own).not.toContain("Succeeded");
  expect(own).not.toContain('"last_result":"');
  await open(page, `${portal.url}/accounts/${account}`);
  await expect(page.getByText("Not allowed")).toBeVisible();
  await page.context().close();
});

test("a client sees its own organization only", async ({ browser }) => {
  const page = await tab(browser, "ines.mueller", "/saas");
  await expect(page.locator("tbody tr", { hasText: "AAA" })).toHaveCount(0);
  for (const path of [`/organizations/${ids.quay}/saas`, `/accounts/${account}`]) {
    await open(page, portal.url + path);
    await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  }
  await page.context().close();
});

test("an event moves Running, Retrying and Success within a second in tabs of two roles, and in no tab outside the scope", async ({ browser }) => {
  const owner = await tab(browser, "lena.brandt", "/saas?search=aaa");
  const viewer = await tab(browser, "sofia.nunez", `/organizations/${ids.quay}/saas`);
  const outside = await tab(browser, "ines.mueller", "/saas");
  for (const page of [owner, viewer, outside]) await live(page);
  // What is on screen is watched a moment later.
  await viewer.waitForTimeout(1_000);
  const labels = ["Success", "Retrying", "Running", "Failed"];
  const read = async (page: Page) => Object.fromEntries(await Promise.all(labels.map(async (label) => [label, await number(page, label)])));
  const before = { owner: await read(owner), viewer: await read(viewer), outside: await read(outside) };
  const row = viewer.locator("tbody tr", { hasText: "person02@" });
  await expect(row.locator('[data-label="Last backup result"]')).toContainText("Never");

  // How long each took. On a machine that is busy otherwise one may be slow: the stream is proved by the fastest, each by arriving at all.
  const took: number[] = [];
  const moves = async (state: string, expected: Record<string, number>, more: object = {}) => {
    await event("person02@aaa-quay.example", "email", "live", state, more);
    const begun = Date.now();
    for (const [page, was] of [[owner, before.owner], [viewer, before.viewer]] as const) {
      for (const [label, by] of Object.entries(expected)) {
        await expect(total(page, label), `${state}: ${label}`).toHaveText((was[label] + by).toLocaleString("en"), { timeout: 5_000 });
      }
    }
    took.push(Date.now() - begun);
  };
  await moves("running", { Running: 1 });
  await expect(row.locator('[data-label="Last backup result"]')).toContainText("Running", { timeout: 5_000 });
  await moves("retrying", { Running: 0, Retrying: 1 }, { attempt: 2 });
  await expect(row.locator('[data-label="Last backup result"]')).toContainText("Retrying", { timeout: 5_000 });
  await moves("succeeded", { Running: 0, Retrying: 0, Success: 1, Failed: 0 }, { attempt: 2, items: 3, bytes: 4096 });
  await expect(row.locator('[data-label="Last backup result"]')).toHaveText("Succeeded", { timeout: 5_000 });
  await expect(row.locator('[data-label="Last backup date"]')).toContainText("just now");
  expect(Math.min(...took)).toBeLessThan(1_000);
  expect(await read(outside)).toEqual(before.outside);
  for (const page of [owner, viewer, outside]) await page.context().close();
});
