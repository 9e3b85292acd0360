// The style guide: every component in every state. axe, the keyboard, and pictures for people to judge.
//
// Pictures are not compared: two machines with other font rasterisers never agree to the pixel, and a threshold that lets that pass
// also lets a wrong colour pass. What is compared is the structure that screen readers get (ARIA snapshots).
import { expect, expectAccessible, open, Portal, test } from "../portal";
import { join } from "node:path";

let portal: Portal;

test.beforeAll(async () => {
  portal = await Portal.owned();
  for (const name of ["Lindqvist Architects", "Harbour Dental Clinic", "Northwind Bakery"]) await portal.api("POST", "organizations", { name });
});

test.afterAll(async () => {
  await portal.end();
});

test.beforeEach(async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/styleguide`);
});

for (const width of [1440, 390]) {
  for (const theme of ["light", "dark"] as const) {
    test(`at ${width}, ${theme}: axe finds nothing, nothing sticks out, and a picture is taken`, async ({ page }) => {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      // By the switch, as people do: as the system, light, dark.
      const switched = page.getByRole("button", { name: /Theme/ });
      await switched.click();
      if (theme === "dark") await switched.click();
      await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
      await expectAccessible(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider).toBeLessThanOrEqual(0);
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.screenshot({ path: join(__dirname, "..", "pictures", `styleguide-${width}-${theme}.png`), fullPage: true });
    });
  }
}

test("the theme that was chosen is in the server's HTML", async ({ page }) => {
  const switched = page.getByRole("button", { name: /Theme/ });
  await switched.click();
  await switched.click();
  const html = await (await page.request.get(`${portal.url}/styleguide`)).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
});

test("a menu is walked with the keys, and gives the focus back", async ({ page }) => {
  const piece = page.locator('[data-piece="Menu"]');
  const button = piece.locator("summary").first();
  await button.focus();
  await page.keyboard.press("ArrowDown");
  await expect(piece.getByRole("link", { name: "A link" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(piece.getByRole("button", { name: "Run a check" })).toBeFocused();
  // What can't be pressed is passed over; the end leads to the beginning.
  await page.keyboard.press("ArrowDown");
  await expect(piece.getByRole("checkbox", { name: "Paused devices" })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(piece.getByRole("checkbox", { name: "Paused devices" })).not.toBeChecked();
  await page.keyboard.press("End");
  await expect(piece.getByRole("button", { name: "Retire…" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(piece.getByRole("link", { name: "A link" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(piece.locator("details").first()).not.toHaveAttribute("open", "");
  await expect(button).toBeFocused();
  await button.click();
  await piece.getByRole("button", { name: "Run a check" }).click();
  await expect(page.locator(".toast")).toContainText("Chosen.");
  await expect(piece.locator("details").first()).not.toHaveAttribute("open", "");
});

test("a menu in a table is not cut off", async ({ page }) => {
  await page.setViewportSize({ width: 1000, height: 700 });
  const menu = page.locator('[data-piece="SelectAll, SelectRow, BulkBar; Menu of a row"] details').last();
  await menu.locator("summary").click();
  const seen = await menu.getByRole("button", { name: "Snooze for 4 h" }).evaluate((item) => {
    const box = item.getBoundingClientRect();
    return item.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
  });
  expect(seen).toBe(true);
});

test("a dialog keeps the focus, closes with Escape and gives the focus back", async ({ page }) => {
  const button = page.getByRole("button", { name: "Open a dialog" });
  await button.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a note" });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement?.closest("dialog"))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();
});

test("what takes something away is confirmed by typing", async ({ page }) => {
  await page.getByRole("button", { name: "Ask before" }).click();
  const dialog = page.getByRole("dialog", { name: "Retire SRV-01?" });
  await expect(dialog.getByRole("button", { name: "Retire", exact: true })).toBeDisabled();
  await dialog.getByLabel(/Type/).fill("SRV-01");
  await page.keyboard.press("Enter");
  await expect(page.locator(".toast")).toContainText("Retired.");
});

test("a switch is turned with the space bar", async ({ page }) => {
  const toggle = page.getByRole("switch", { name: "Weekly summary" });
  await toggle.focus();
  await page.keyboard.press("Space");
  await expect(toggle).toHaveAttribute("aria-checked", "true");
  await page.keyboard.press("Enter");
  await expect(toggle).toHaveAttribute("aria-checked", "false");
});

test("the combobox asks the server as one types, and takes one with the keys", async ({ page }) => {
  const field = page.getByRole("combobox", { name: "Organization" });
  await field.focus();
  await page.keyboard.type("harb");
  const option = page.getByRole("listbox").getByRole("option", { name: "Harbour Dental Clinic" });
  await expect(option).toBeVisible();
  await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(1);
  await expect(option).toHaveAttribute("aria-selected", "true");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("Harbour Dental Clinic");
  await expect(page.locator("#guide-chosen")).not.toBeEmpty();
  // Typed and not taken: what was chosen stays.
  await field.pressSequentially(" and more");
  await page.keyboard.press("Escape");
  await expect(field).toHaveValue("Harbour Dental Clinic");
  await field.fill("");
  await page.keyboard.press("Tab");
  await expect(page.locator("#guide-chosen")).toBeEmpty();
});

test("columns are chosen with the keys, and the server's HTML knows", async ({ page }) => {
  const table = page.getByRole("table", { name: "Example of a table" });
  await expect(table.getByRole("columnheader", { name: "Policy" })).toBeHidden();
  await page.locator("summary", { hasText: "Columns" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("checkbox", { name: "Policy", exact: true }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("checkbox", { name: "28 days" }).press("Space");
  await expect(table.getByRole("columnheader", { name: "Policy" })).toBeVisible();
  await expect(table.getByRole("columnheader", { name: "28 days" })).toBeHidden();
  const html = await (await page.request.get(`${portal.url}/styleguide`)).text();
  expect(html).toMatch(/<table[^>]*data-hide="7"/);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV of these rows" }).click();
  const csv = await (await import("node:fs/promises")).readFile((await (await download).path())!, "utf8");
  expect(csv.split("\r\n")[0]).toBe('"Device","Client","Score","State","Policy","Storage"');
  // A press elsewhere has closed the menu.
  await page.locator("summary", { hasText: "Columns" }).press("Enter");
  await page.getByRole("button", { name: "Reset columns" }).press("Enter");
  await expect(table.getByRole("columnheader", { name: "Policy" })).toBeHidden();
});

for (const width of [1440, 1024, 800]) {
  test(`at ${width} the head of a table stays in view, and above its columns when the table is moved sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 700 });
    const frame = page.getByRole("region", { name: "Example of a table" });
    const place = await frame.evaluate(async (frame) => {
      const [head, cell] = [frame.querySelector("thead th:nth-child(2)"), frame.querySelector("tbody tr:last-child > :nth-child(2)")];
      if (!head || !cell) throw new Error("no second column");
      const first = head.getBoundingClientRect();
      // So far that the head, were it not to stay, would be out of sight above.
      window.scrollTo(0, window.scrollY + first.bottom + 10);
      frame.scrollLeft = 15;
      await new Promise(requestAnimationFrame);
      const bar = document.querySelector(".top-bar")?.getBoundingClientRect();
      return {
        room: Math.min(15, frame.scrollWidth - frame.clientWidth),
        moved: first.x - head.getBoundingClientRect().x,
        below: head.getBoundingClientRect().top - Math.max(0, bar?.bottom ?? 0),
        beside: head.getBoundingClientRect().x - cell.getBoundingClientRect().x,
        wider: document.documentElement.scrollWidth - window.innerWidth,
      };
    });
    expect(Math.abs(place.below), "the head is below the bar, or at the top where the bar goes away").toBeLessThan(1.5);
    expect(Math.abs(place.beside), "the head is above its column").toBeLessThan(1);
    expect(Math.abs(place.moved - place.room), "the table moves sideways as far as it is too wide").toBeLessThan(1);
    expect(place.wider, "the page doesn't").toBeLessThanOrEqual(0);
  });
}

test("rows without a link are walked by what they have, and those with nothing are passed over", async ({ page }) => {
  const table = page.getByRole("region", { name: "Example of keys" });
  const first = table.getByRole("button", { name: "Revoke Agents of Baker & Sons" });
  const third = table.getByRole("button", { name: "Revoke Reports to the wall" });
  await table.focus();
  await page.keyboard.press("ArrowDown");
  await expect(first).toBeFocused();
  await page.keyboard.press("j");
  await expect(third).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(third).toBeFocused();
  await page.keyboard.press("k");
  await expect(first).toBeFocused();
  const links = page.getByRole("region", { name: "Example of choosing" });
  await links.focus();
  await page.keyboard.press("ArrowDown");
  await expect(links.getByRole("link", { name: "sql-02.baker" })).toBeFocused();
});

test("the second page of a list leads back to the first", async ({ page }) => {
  const pages = page.locator("#tables").getByRole("navigation", { name: "Pages" });
  await expect(pages.getByRole("link", { name: "First page" })).toBeHidden();
  await pages.getByRole("link", { name: "Next page" }).click();
  await pages.getByRole("link", { name: "First page" }).click();
  await expect(page).not.toHaveURL(/cursor=/);
});

test("rows are chosen one by one, from one to another, and all", async ({ page }) => {
  const piece = page.locator('[data-piece="SelectAll, SelectRow, BulkBar; Menu of a row"]');
  const bar = piece.getByRole("status");
  await piece.getByLabel("Choose sql-02.baker, Job failed").check();
  await expect(bar).toHaveText("1 alert chosen");
  await piece.getByLabel("Choose fs-01.oak, Missed schedule").click({ modifiers: ["Shift"] });
  await expect(bar).toHaveText("3 alerts chosen");
  await expect(piece.getByLabel("Choose all alerts on this page")).toBeChecked();
  await piece.getByLabel("Choose LAPTOP-6N0W, Storage quota").press("Space");
  expect(await piece.getByLabel("Choose all alerts on this page").evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true);
  await piece.getByLabel("Choose all alerts on this page").press("Space");
  await expect(bar).toHaveText("3 alerts chosen");
  await piece.getByRole("button", { name: "Choose nothing" }).click();
  await expect(piece.locator(".bulk")).toBeHidden();
});

test("filters and sort live in the address, without moving the page; back takes them out", async ({ page }) => {
  const chip = page.getByRole("link", { name: /^Critical 11/ }).last();
  await chip.scrollIntoViewIfNeeded();
  const place = () => page.evaluate(() => Math.round(window.scrollY));
  await page.waitForTimeout(300);
  const before = await place();
  expect(before).toBeGreaterThan(1_000);
  await chip.click();
  await expect(page).toHaveURL(/band=critical/);
  expect(Math.abs((await place()) - before)).toBeLessThan(5);
  await page.locator('#tables select[name="class"]').selectOption("server");
  await expect(page).toHaveURL(/band=critical&class=server/);
  await page.goBack();
  await expect(page).not.toHaveURL(/class=/);
  await expect(page.locator('#tables select[name="class"]')).toHaveValue("");
});

test("back and forward bring a page back to its place, and the heading is read", async ({ page }) => {
  await page.evaluate(() => window.scrollTo(0, 2_400));
  await page.waitForTimeout(400);
  await page.locator("#tables").getByRole("link", { name: "fs-01.oak" }).evaluate((link: HTMLAnchorElement) => (link.href = "/settings/policies"));
  await page.evaluate(() => window.scrollTo(0, 2_400));
  await page.waitForTimeout(400);
  await page.locator("#tables").getByRole("link", { name: "fs-01.oak" }).evaluate((link: HTMLAnchorElement) => link.click());
  await expect(page.locator("h1")).toHaveText("Policies");
  await expect(page.locator("h1")).toBeFocused();
  await expect(page).toHaveTitle(/^Policies/);
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
  await page.goBack();
  await expect(page.locator("h1")).toHaveText("Style guide");
  await expect.poll(() => page.evaluate(() => Math.round(window.scrollY))).toBe(2_400);
  await expect(page.locator("h1")).toBeFocused();
  await page.goForward();
  await expect(page.locator("h1")).toHaveText("Policies");
});

test("screen readers get the same structure as before", async ({ page }) => {
  await expect(page.locator('[data-piece="RunBadge"]')).toMatchAriaSnapshot(`
    - text: Running Retrying Succeeded Warning Failed Missed Skipped Cancelled Running 42 % Retrying attempt 2
  `);
  await expect(page.locator('[data-piece="Toggle"]')).toMatchAriaSnapshot(`
    - switch "Weekly summary"
    - switch "On" [checked]
    - switch "Busy" [checked] [disabled]
    - switch "Disabled" [disabled]
  `);
  await expect(page.locator('[data-piece="TrendChart: bytes, with a limit"]')).toMatchAriaSnapshot(`
    - img /Storage used. from 612\\.0 GiB on 14 Sep to .* on 12 Nov.*Quota 1000\\.0 GiB/
  `);
  await expect(page.locator('[data-piece="Progress"]')).toMatchAriaSnapshot(`
    - progressbar "Making the report"
    - progressbar "Looking"
    - progressbar "Running"
  `);
  await expect(page.locator("#tables").getByRole("table")).toMatchAriaSnapshot(`
    - table "Example of a table":
      - rowgroup:
        - row:
          - columnheader "Device"
          - columnheader "Client"
          - columnheader "Score"
          - columnheader "State"
          - columnheader "Storage"
          - columnheader "28 days"
  `);
});

test("whoever is not an owner finds nothing at this address", async ({ browser }) => {
  const page = await browser.newPage();
  const answer = await page.goto(`${portal.url}/styleguide`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
  await page.close();
});
