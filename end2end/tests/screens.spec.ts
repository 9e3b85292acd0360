// How the screens of the console look with a fleet in them: in both themes, wide and on a phone, as they open and whole; and what opens
// above them. axe looks at each. Pictures are written to end2end/pictures/console, to be looked at.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, open, Portal, test } from "../portal";

const OWNER = { email: "lena.brandt@example.com", password: "a harbour full of lanterns" };
const pictures = resolve(__dirname, "../pictures/console");
/** Most of a long page that one picture shows, in CSS pixels: fifty cards on a phone are as tall as a house. */
const TALLEST = 3_000;

let portal: Portal;
/** Places that only the fleet knows, found as a person would find them. */
const places: Record<string, string> = {};

const signIn = (page: Page) => portal.signIn(page, OWNER);

const first = (page: Page, selector: string) => page.locator(selector).first().getAttribute("href");

test.beforeAll(async ({ browser }) => {
  mkdirSync(pictures, { recursive: true });
  portal = await Portal.demo(OWNER.password);
  // Names that no device answers to wait in the inbox; one of them has reported twice.
  for (const device of ["LAPTOP-7Q2M", "受付-02", "backup-host-of-a-branch-with-a-long-name.example.com", "WS-011", "LAPTOP-7Q2M"]) {
    await portal.api("POST", "events", [{ device, job: "nightly", run: String(Math.random()), state: "succeeded" }]);
  }
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

/**
 * The page from its top down to `tall` pixels, with the rows that nobody has scrolled to. They are drawn by script: the page allows no
 * style of others.
 */
async function picturedWhole(page: Page, path: string, width: number, tall: number): Promise<void> {
  const place = await page.evaluate(() => {
    const place = window.scrollY;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { content-visibility: visible !important; }");
    document.adoptedStyleSheets = [sheet];
    window.scrollTo(0, 0);
    return place;
  });
  const clip = { x: 0, y: 0, width, height: Math.min(tall, TALLEST) };
  await page.screenshot({ path, fullPage: true, clip, animations: "disabled" });
  await page.evaluate((place) => {
    document.adoptedStyleSheets = [];
    window.scrollTo(0, place);
  }, place);
}

/** Pictures in both themes as the page stands, what moves at its end; with `whole` also what is below the fold. */
async function pictured(page: Page, name: string, whole: boolean): Promise<void> {
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const path = join(pictures, `${name}-${width}-${colorScheme}`);
    await page.screenshot({ path: `${path}.png`, animations: "disabled" });
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    if (whole && tall > height) await picturedWhole(page, `${path}-whole.png`, width, tall);
  }
}

async function expectNothingSticksOut(page: Page, width: number): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider, `nothing sticks out at ${width}`).toBeLessThanOrEqual(0);
}

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
    // What is to be seen and looked at: names that wait, not the words for none.
    if (name === "inbox") await expect(page.locator("tbody tr")).toHaveCount(4);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await expectAccessible(page);
      await expectNothingSticksOut(page, width);
      await pictured(page, name, true);
    }
    for (const width of [360, 768, 1024, 1280, 2560]) {
      await page.setViewportSize({ width, height: 1000 });
      await expectNothingSticksOut(page, width);
    }
  });
}

/** What opens above a screen: where, how, and what is there then. */
const above: [string, () => string, (page: Page) => Promise<void>, (page: Page) => Locator][] = [
  [
    "palette",
    () => "/backups/devices",
    async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: /Search organizations/ }).fill("fs");
    },
    (page) => page.getByRole("dialog").getByRole("option", { name: /^fs-/ }).first(),
  ],
  [
    "dialog",
    () => places.device,
    (page) => page.getByRole("button", { name: "Record a restore test" }).click(),
    (page) => page.getByRole("dialog").getByRole("button", { name: "Record it" }),
  ],
  [
    "dialog-typed",
    () => "/settings/keys",
    (page) => page.getByRole("button", { name: "Revoke…" }).first().click(),
    (page) => page.getByRole("dialog").getByLabel(/Type/),
  ],
  [
    "menu",
    () => "/backups/devices",
    async (page) => {
      // On a phone the filters are folded, and with them what stands beside them.
      const filters = page.locator("summary", { hasText: "Filters" });
      if (await filters.isVisible()) await filters.click();
      await page.locator("summary", { hasText: "Columns" }).click();
    },
    (page) => page.getByRole("checkbox", { name: "Policy", exact: true }),
  ],
  [
    "menu-account",
    () => "/backups/alerts",
    (page) => page.locator(".account summary").click(),
    (page) => page.locator(".account").getByRole("button", { name: "Sign out" }),
  ],
  [
    "what-if",
    () => places.device,
    (page) => page.locator("#what-if summary").click(),
    (page) => page.locator(".what-if-words"),
  ],
  [
    "toast",
    () => "/settings/inbox",
    async (page) => {
      await page.locator("tbody tr").first().getByRole("button", { name: "Dismiss…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Dismiss" }).click();
    },
    (page) => page.locator(".toast"),
  ],
];

for (const [name, path, act, shown] of above) {
  test(`${name}: opens above its screen, wide and narrow, and nothing sticks out`, async ({ page }) => {
    await signIn(page);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await open(page, portal.url + path());
      await act(page);
      await expect(shown(page)).toBeVisible();
      await expectNothingSticksOut(page, width);
      await pictured(page, `above-${name}`, name === "what-if");
      await expect(shown(page), "it was there in its pictures").toBeVisible();
    }
  });
}
