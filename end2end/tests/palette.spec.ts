// The command palette with the keyboard alone: opens at once, finds by name, jumps; and its plain page without scripts.
import { expect, expectAccessible, hydrated, open, Portal, test, type Device } from "../portal";

let portal: Portal;
let device: Device;

test.beforeAll(async () => {
  portal = await Portal.owned();
  device = await portal.device("fs-01");
  await portal.device("berlin-fs-02");
  await portal.device("offset-3");
});

test.afterAll(async () => {
  await portal.end();
});

test("Ctrl K opens it in a blink, typing finds, arrows choose, Enter goes, Escape closes", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/policies`);
  // As in life: the part has been fetched by the time somebody wants it.
  await page.getByRole("link", { name: "Search" }).focus();
  await expect(page.locator("dialog.palette")).toBeAttached();
  await page.locator("h1").focus();
  const took = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        const begun = performance.now();
        const look = () => {
          if (document.activeElement?.getAttribute("role") === "combobox") done(performance.now() - begun);
          else requestAnimationFrame(look);
        };
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
        look();
      }),
  );
  console.log(`palette: open after ${took.toFixed(0)} ms`);
  expect(took).toBeLessThan(100);
  const field = page.getByRole("combobox", { name: /Search organizations/ });
  await expect(field).toBeFocused();
  await expect(page.getByRole("option", { name: "Home" })).toBeVisible();
  await expectAccessible(page);

  await page.keyboard.type("fs");
  const options = page.getByRole("group", { name: "Devices" }).getByRole("option");
  await expect(options).toHaveText([/^fs-01/, /^berlin-fs-02/, /^offset-3/]);
  await expect(options.first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowUp");
  const first = (await options.first().getAttribute("id")) ?? "none";
  await expect(field).toHaveAttribute("aria-activedescendant", first);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}/devices/${device.id}`);
  await expect(page.locator("h1")).toBeFocused();

  await page.keyboard.press("Control+k");
  await expect(page.getByRole("group", { name: "Looked at last" }).getByRole("option")).toHaveText([/^fs-01/]);
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog.palette")).toBeHidden();
});

test("whoever types fast and presses Enter before the answer gets what was meant", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  await page.getByRole("link", { name: "Search" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("combobox", { name: /Search organizations/ })).toBeFocused();
  await page.keyboard.type("audit");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${portal.url}/settings/audit`);
});

test("Ctrl Enter opens a new tab, a theme is changed on the spot, nothing found is said", async ({ page, context }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: /Search organizations/ })).toBeFocused();
  await page.keyboard.type("theme: dark");
  await expect(page.getByRole("option", { name: "Theme: dark" })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("zzzz");
  await expect(page.getByText("Nothing is called “zzzz”.")).toBeVisible();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("berlin");
  await expect(page.getByRole("option", { name: /berlin-fs-02/ })).toBeVisible();
  const [tab] = await Promise.all([context.waitForEvent("page"), page.keyboard.press("Control+Enter")]);
  await expect(tab).toHaveURL(/\/devices\//);
});

test("opened again before the browser has told that it closed, it stays open", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: /Search organizations/ })).toBeFocused();
  // A dialog's "close" comes as a task of its own: both keys are pressed before it.
  await page.evaluate(async () => {
    const dialog = document.querySelector<HTMLDialogElement>("dialog.palette");
    const told = new Promise((done) => dialog?.addEventListener("close", done, { once: true }));
    const press = async (until: boolean) => {
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }));
      for (let turns = 0; dialog?.open !== until && turns < 1000; turns += 1) await Promise.resolve();
    };
    await press(false);
    await press(true);
    await told;
  });
  await page.keyboard.type("zzzz");
  await expect(page.getByText("Nothing is called “zzzz”.")).toBeVisible();
});

test("on a phone it fills the screen, and nothing sticks out", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  await page.getByRole("link", { name: "Search" }).click();
  await expect(page.getByRole("option", { name: "Home" })).toBeVisible();
  const box = await page.locator("dialog.palette").boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
  await page.getByRole("option", { name: "Devices" }).click();
  await expect(page).toHaveURL(`${portal.url}/backups/devices`);
});

test("without scripts the button leads to a page that finds the same", async ({ browser }) => {
  const signedIn = await browser.newPage();
  await portal.signIn(signedIn);
  const cookies = await signedIn.context().cookies();
  await signedIn.close();
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto(`${portal.url}/`);
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("fs");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.getByRole("main").getByRole("link")).toHaveText(["fs-01", "berlin-fs-02", "offset-3"]);
  await context.close();
});

test("the search page is accessible", async ({ page }) => {
  await portal.signIn(page);
  await page.goto(`${portal.url}/search?q=o`);
  await hydrated(page);
  await expectAccessible(page);
});
