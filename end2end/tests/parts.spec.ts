// The browser's program in parts: what a first visit fetches, going from part to part, and a part that can't be had.
import { expect, open, Portal, test, type Device } from "../portal";
import type { Page } from "@playwright/test";

let portal: Portal;
let device: Device;

test.beforeAll(async () => {
  portal = await Portal.owned();
  device = await portal.device("fs-01");
});

test.afterAll(async () => {
  await portal.end();
});

/** Bytes of script, WebAssembly and style sheet that the page has fetched, as sent. */
const fetched = (page: Page) =>
  page.evaluate(() => {
    const files = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    return files.filter((file) => /\/pkg\/.*\.(js|wasm|css)$/.test(file.name)).reduce((sum, file) => sum + file.encodedBodySize, 0);
  });

test("the first visit fetches at most 350 KiB of script, WebAssembly and style sheet", async ({ page }) => {
  await open(page, `${portal.url}/sign-in`);
  expect(await fetched(page)).toBeLessThanOrEqual(350 * 1024);
});

test("a link into another part fetches it once, and the live stream goes on", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  const home = await fetched(page);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.locator("h1")).toHaveText("Policies");
  const settings = await fetched(page);
  expect(settings).toBeGreaterThan(home);
  await page.goBack();
  await expect(page.locator("h1")).toHaveText("Home");
  await page.goForward();
  await expect(page.locator("h1")).toHaveText("Policies");
  expect(await fetched(page)).toBe(settings);
  await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
});

test.describe("without a part", () => {
  test.use({ expectedErrors: /Failed to load resource|Failed to fetch|TypeError/ });

  test("the page says that it can't be fetched, and loading it again brings it", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/backups/devices`);
    await page.route(/\/pkg\/device-/, (route) => route.abort());
    await page.getByRole("link", { name: device.name }).first().click();
    await expect(page.getByRole("alert")).toContainText("can't be fetched");
    await page.unroute(/\/pkg\/device-/);
    await page.getByRole("button", { name: "Load again" }).click();
    await expect(page.locator("h1")).toHaveText(device.name);
  });
});
