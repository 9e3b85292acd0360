// On paper: tables as tables, nothing to press, light whatever the theme, and nothing wider than the page.
import { expect, open, Portal, test } from "../portal";
import type { Locator, Page } from "@playwright/test";

/** A4 less the margins of `style/print.css`, in CSS pixels. */
const PAPER = { width: 688, height: 971 };

let portal: Portal;
let device = "";
let run = "";

test.beforeAll(async () => {
  portal = await Portal.owned();
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  // More rows than a page holds, some with long names.
  const names = Array.from({ length: 40 }, (_, n) => `workstation-of-the-front-desk-${String(n).padStart(2, "0")}`);
  const made: string[] = [];
  for (const name of names) made.push((await portal.api<{ id: string }>("POST", "devices", { name, organization: portal.organization, class: "workstation" })).id);
  device = made[0] ?? "";
  await portal.api("POST", "events", [
    { device: names[0], job: "nightly", run: "a", state: "failed", at: at(300), message: "wrong password" },
    { device: names[0], job: "nightly", run: "b", state: "running", at: at(100) },
    { device: names[0], job: "nightly", run: "b", state: "warning", at: at(90), bytes: 7340032, message: "one file could not be read", log: `${"a long line ".repeat(40)}\n` },
  ]);
  run = (await portal.api<{ items: { id: string }[] }>("GET", `runs?device=${device}`)).items[0]?.id ?? "";
});

test.afterAll(async () => {
  await portal.end();
});

/** Opens a page and lays it out for paper, in a theme that was chosen by the switch. */
async function print(page: Page, path: string, theme: "light" | "dark"): Promise<void> {
  await page.context().addCookies([{ name: "hf_theme", value: theme, url: portal.url }]);
  await open(page, portal.url + path);
  await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
  await page.setViewportSize(PAPER);
  await page.emulateMedia({ media: "print", colorScheme: theme, reducedMotion: "reduce" });
}

const pages: [string, () => string][] = [
  ["home", () => "/"],
  ["devices", () => "/backups/devices"],
  ["clients", () => "/backups/clients"],
  ["alerts", () => "/backups/alerts"],
  ["job log", () => "/backups/log"],
  ["organization", () => `/organizations/${portal.organization}`],
  ["device", () => `/devices/${device}`],
  ["run", () => `/runs/${run}`],
  ["audit log", () => "/settings/audit"],
];

for (const [name, path] of pages) {
  test(`${name}: nothing to press, dark on white in both themes, nothing sticks out of the paper`, async ({ page }) => {
    await portal.signIn(page);
    for (const theme of ["light", "dark"] as const) {
      await print(page, path(), theme);
      await expect(page.locator("h1")).toBeVisible();
      for (const pressed of [".top-bar", ".skip-link", ".live-indicator", ".breadcrumbs", ".tabs", ".settings-nav", ".button", ".menu", ".search", ".toasts"]) {
        await expect(page.locator(pressed).filter({ visible: true }), `${pressed}, ${theme}`).toHaveCount(0);
      }
      const { paper, ink } = await page.evaluate(() => ({
        paper: getComputedStyle(document.documentElement).backgroundColor,
        ink: getComputedStyle(document.querySelector("h1") ?? document.body).color,
      }));
      expect(paper, theme).toBe("rgb(255, 255, 255)");
      const shades = (ink.match(/\d+/g) ?? []).slice(0, 3).map(Number);
      expect(shades, theme).toHaveLength(3);
      expect(Math.max(...shades), `the words are dark: ${ink}, ${theme}`).toBeLessThan(64);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, theme).toBeLessThanOrEqual(0);
    }
  });
}

test("a list is a table with its head above the rows, which are rows and stay whole", async ({ page }) => {
  await portal.signIn(page);
  await print(page, "/backups/devices", "dark");
  const head = page.locator(".table thead");
  const row = page.locator(".table tbody tr").first();
  await expect(head.getByRole("columnheader", { name: "Device" })).toBeVisible();
  const of = (part: Locator, property: string) => part.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
  expect(await of(head, "display")).toBe("table-header-group");
  expect(await of(head, "clip-path")).toBe("none");
  expect(await of(head.locator("th").first(), "position")).toBe("static");
  expect(await of(row, "display")).toBe("table-row");
  expect(await of(row, "break-inside")).toBe("avoid");
  const [above, below] = [await head.boundingBox(), await row.boundingBox()];
  expect(above && below && Math.abs(above.y + above.height - below.y)).toBeLessThan(2);
  expect(above && above.height).toBeGreaterThan(12);
});

test("a list that was filtered says by what", async ({ page }) => {
  await portal.signIn(page);
  await print(page, "/backups/devices?band=unknown&class=workstation", "light");
  await expect(page.locator(".chip").filter({ visible: true })).toHaveText([/Unknown/]);
  await expect(page.locator(".filters select").filter({ visible: true })).toHaveCount(1);
  await expect(page.locator(".filters select[name=class]")).toHaveValue("workstation");
});

test("a long line of a log is read to its end", async ({ page }) => {
  await portal.signIn(page);
  await print(page, `/runs/${run}`, "light");
  const line = page.locator(".log li").first();
  await expect(line).toContainText("a long line");
  const box = await line.boundingBox();
  expect(box && box.x + box.width).toBeLessThanOrEqual(PAPER.width);
  expect(box && box.height).toBeGreaterThan(30);
});
