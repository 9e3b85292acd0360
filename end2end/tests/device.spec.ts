// A device's page and a run's: the score taken apart, what-if, a job's schedule, a restore test by hand, the log searched.
import { expect, expectAccessible, open, Portal, test, type Device } from "../portal";

let portal: Portal;
let device: Device;
let failed = "";

const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test.beforeAll(async () => {
  portal = await Portal.owned();
  device = await portal.device("fs-01");
  const events: unknown[] = [];
  for (let day = 9; day >= 1; day--) {
    const start = day * 1440 + 20;
    events.push({ device: "fs-01", job: "nightly", run: `d${day}`, state: "running", at: at(start) });
    events.push({ device: "fs-01", job: "nightly", run: `d${day}`, state: "succeeded", at: at(start - 10), items: 1000, bytes: 10_000_000 + day * 1000, bytes_added: 5000 });
  }
  const log = Array.from({ length: 300 }, (_, n) => (n % 100 === 49 ? `read error in block ${n}` : `block ${n} written`)).join("\n");
  events.push({ device: "fs-01", job: "nightly", run: "late", state: "running", at: at(40) });
  events.push({ device: "fs-01", job: "nightly", run: "late", state: "failed", at: at(10), items: 40, message: "the disk can't be read", failed_items: ["/srv/a", "/srv/b"], log });
  await portal.api("POST", "events", events);
  await portal.api("POST", "check-ins", { device: "fs-01", storage_used: 900_000_000, storage_quota: 1_000_000_000 });
  failed = (await portal.api<{ items: { id: string }[] }>("GET", `runs?device=${device.id}&state=failed`)).items[0]?.id ?? "";
});

test.afterAll(async () => {
  await portal.end();
});

test("the score says what takes it down, what raises it and to what, and leads to the run", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  const apart = page.locator(".apart");
  await expect(apart).toContainText("the last run failed");
  await expect(apart.locator(".plan li").first()).toContainText("A usable backup of nightly now");
  await expect(apart.locator(".factors tbody tr")).toHaveCount(4);
  const promised = Number(await apart.locator(".plan li").first().locator(".score-number").textContent());
  await apart.getByRole("link", { name: "See the run" }).click();
  await expect(page).toHaveURL(new RegExp(`/runs/${failed}`));
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "fs-01" })).toBeVisible();
  // Doing what is advised gives what was promised, on the page that is open.
  await portal.api("POST", "events", [{ device: "fs-01", job: "nightly", run: "again", state: "succeeded", at: at(0), bytes: 10_000_000, items: 1000 }]);
  await expect(page.locator(".device-score .ring-number")).toHaveText(String(promised));
});

test.describe("when nothing is heard of the server any more", () => {
  // The browser itself reports each failed connection: that is what is being provoked.
  test.use({ expectedErrors: /ERR_|Failed to load resource/ });
  for (const place of ["list", "page"]) {
    test(`a device that should have been backed up loses its score on its ${place}`, async ({ page }) => {
      const silent = await portal.device(`silent-${place}`);
      await portal.api("POST", "events", [{ device: silent.name, job: "nightly", run: "1", state: "succeeded", at: at(5), bytes: 10_000_000, items: 1000 }]);
      await portal.signIn(page);
      await page.clock.install();
      await open(page, `${portal.url}${place === "list" ? "/backups/devices" : `/devices/${silent.id}`}`);
      await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
      const score = place === "list" ? page.getByRole("row").filter({ hasText: silent.name }).locator(".score-number") : page.locator(".device-score .ring-number");
      await expect(score).toHaveText("100");
      // What the stream tells has arrived, and is read.
      const doing = place === "list" ? page.getByRole("row").filter({ hasText: silent.name }) : page.locator(".device-head");
      await portal.api("POST", "events", [{ device: silent.name, job: "nightly", run: "2", state: "running", at: at(1) }]);
      await expect(doing).toContainText("Running");
      await portal.api("POST", "events", [{ device: silent.name, job: "nightly", run: "2", state: "succeeded", at: at(0), bytes: 10_000_000, items: 1000 }]);
      await expect(doing).toContainText("Succeeded");
      await page.route("**/live?*", (route) => route.abort());
      await page.clock.fastForward(80 * 3_600_000);
      await expect(score).not.toHaveText("100");
      await expect(page.locator(".live-indicator")).toContainText(/stale since/i);
    });
  }
});

test("a time tells itself in the reader's own zone once it is reached, by keyboard or by pointer", async ({ browser }) => {
  const context = await browser.newContext({ timezoneId: "Asia/Tokyo", locale: "en-GB" });
  const page = await context.newPage();
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  const reached = page.locator(".device-head time[data-exact]").first();
  await expect(reached).toHaveAttribute("data-exact", / UTC$/);
  await reached.focus();
  await expect(reached).toHaveAttribute("data-exact", /GMT\+9|Japan|JST/);
  const pointed = page.locator("#runs time").first();
  await expect(pointed).toHaveAttribute("title", / UTC$/);
  await pointed.hover();
  await expect(pointed).toHaveAttribute("title", /GMT\+9|Japan|JST/);
  await context.close();
});

test("what-if that is unfolded before scripts run is there when they do", async ({ page }) => {
  await portal.signIn(page);
  let go = () => {};
  const held = new Promise<void>((free) => (go = free));
  await page.route("**/pkg/*.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${portal.url}/devices/${device.id}`);
  await page.locator("#what-if summary").click();
  await expect(page.locator("#what-if")).toHaveAttribute("open", "");
  await expect(page.locator(".what-if-words")).toHaveCount(0);
  go();
  await expect(page.locator(".what-if-words")).toContainText("Change something");
});

test("a button that is pressed before scripts run is pressed once they do, the last of them, once", async ({ page }) => {
  await portal.signIn(page);
  let go = () => {};
  const held = new Promise<void>((free) => (go = free));
  await page.route("**/pkg/*.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${portal.url}/devices/${device.id}`);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Record a restore test" }).click();
  go();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("What was restored")).toBeVisible();
  await page.waitForSelector("html[data-hydrated]", { state: "attached" });
  await expect(page.locator("dialog[open]")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.waitForTimeout(500);
  await expect(dialog, "not pressed again").toBeHidden();
});

/** A device with an open alert. */
const troubled = async (name: string) => {
  const one = await portal.device(name);
  await portal.api("POST", "events", [{ device: name, job: "nightly", run: "1", state: "failed", at: at(5), message: "the disk can't be read" }]);
  return one;
};

test("a button answers however soon it is pressed on a slow phone, and its dialog stays", async ({ page }) => {
  const device = await troubled("pressed-soon");
  await portal.signIn(page);
  const phone = await page.context().newCDPSession(page);
  await phone.send("Emulation.setCPUThrottlingRate", { rate: 6 });
  for (const moment of [0, 150, 400, 800]) {
    await page.goto(`${portal.url}/devices/${device.id}`, { waitUntil: "domcontentloaded" });
    await page.waitForTimeout(moment);
    // Wherever hydration stands by now.
    await page.evaluate(() => [...document.querySelectorAll<HTMLElement>("button")].find((button) => button.textContent === "Tend")?.click());
    await expect(page.getByRole("dialog"), `${moment} ms`).toBeVisible({ timeout: 15_000 });
    await page.waitForSelector("html[data-hydrated]", { state: "attached" });
    // What the stream tells first doesn't fetch the page anew.
    await page.waitForTimeout(2_000);
    await expect(page.getByRole("dialog"), `${moment} ms`).toBeVisible();
  }
  await phone.send("Emulation.setCPUThrottlingRate", { rate: 1 });
});

test("a note to an alert that is being written stays when a run ends", async ({ page }) => {
  const device = await troubled("noted");
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
  await page.getByRole("button", { name: "Tend" }).first().click();
  const note = page.getByRole("dialog").getByLabel("Reason or note");
  await note.fill("the disk is on its way");
  // Another job's: the alerts stay as they are.
  await portal.api("POST", "events", [{ device: device.name, job: "weekly", run: "w1", state: "succeeded", at: at(0), bytes: 1000, items: 1, message: "weekly went well" }]);
  await expect(page.locator("#runs")).toContainText("weekly went well");
  await expect(note).toHaveValue("the disk is on its way");
});

test("what-if is computed in the browser, beside what is, by keyboard, and saves nothing", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  await page.locator("#what-if summary").focus();
  await page.keyboard.press("Enter");
  const words = page.locator(".what-if-words");
  await expect(words).toContainText("Change something");
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/sf/")) asked.push(request.url());
  });
  await page.getByLabel("Restore test every (days)").fill("1");
  await expect(words).not.toContainText("Change something");
  await page.getByLabel("Backups run").selectOption("every");
  await page.locator("#field-what-every").fill("1");
  await page.locator("#field-what-unit").selectOption("minutes");
  await page.getByLabel("Grace (minutes)").fill("0");
  await page.getByLabel("Overdue after (hours)").fill("1");
  await expect(words).toContainText(/fall to|more to alert|instead of/);
  await expect(page.locator(".what-if-table tbody tr").first().locator(".score-pill")).toHaveCount(2);
  expect(asked, "no request was needed").toEqual([]);
  await page.getByLabel("Grace (minutes)").fill("");
  await expect(words).toContainText("can't be used yet");
  await page.getByLabel("Grace (minutes)").fill("0");
  // Set times are resolved by the portal.
  await page.getByLabel("Backups run").selectOption("cron");
  await page.getByLabel("Cron expression").fill("0 4 * * *");
  await expect(page.locator(".what-if-table tbody tr").first().locator(".score-pill")).toHaveCount(2);
  expect(asked.every((url) => url.endsWith("/sf/backup/slots"))).toBe(true);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(words).toContainText("Change something");
  const job = await portal.api<{ items: { schedule: unknown }[] }>("GET", `devices/${device.id}/jobs`);
  expect(job.items[0]?.schedule).toEqual({ every_minutes: 1440 });
});

test.describe("a refused schedule", () => {
 // The browser reports the refused form as an error of its own.
 test.use({ expectedErrors: /status of 422/ });
 test("a job gets a schedule of its own on the device's page, and what can't be used is told at its field", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  await page.getByRole("button", { name: "Change nightly" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(/\/ping\//)).toBeVisible();
  await dialog.getByLabel("Backups run").selectOption("cron");
  await dialog.getByLabel("Cron expression").fill("30 25 * * *");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.locator(".field[data-invalid]")).toHaveCount(1);
  await dialog.getByLabel("Cron expression").fill("30 2 * * *");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("region", { name: "Jobs" })).toContainText("daily at 02:30 (Europe/Berlin)");
  await expect(page.getByRole("region", { name: "Jobs" })).toContainText("its own");
 });
});

test.describe("a refused form", () => {
  // The browser reports refused forms as errors of its own.
  test.use({ expectedErrors: /status of 4(09|22)/ });
  test("a restore test is recorded by hand, and raises or lowers the score at once", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/devices/${device.id}`);
    await page.getByRole("button", { name: "Record a restore test" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("When").fill("2099-01-01T10:00");
    await dialog.getByLabel("What was restored").fill("one mailbox");
    await dialog.getByRole("button", { name: "Record it" }).click();
    await expect(dialog.getByText("This time has not come yet")).toBeVisible();
    const now = new Date(Date.now() - 120_000);
    const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await dialog.getByLabel("When").fill(local);
    await dialog.getByLabel("Failed").check();
    await dialog.getByLabel("RTO (minutes)").fill("15");
    await dialog.getByRole("button", { name: "Record it" }).click();
    await expect(dialog).toBeHidden();
    const list = page.getByRole("region", { name: "Restore tests" });
    await expect(list).toContainText("one mailbox");
    await expect(list).toContainText("15 min");
    await expect(page.locator(".device-score .badge")).toContainText("Critical");
    await expect(page.locator(".plan li").first()).toContainText("A restore test that passes");
  });
});

test("the log is searched: hits counted, jumped between, alone on demand; the whole is a link", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/runs/${failed}`);
  const search = page.getByRole("searchbox", { name: "Search Log" });
  await search.fill("read error");
  const found = page.locator(".log-found");
  await expect(found).toHaveText("1 of 3 found");
  await search.press("Enter");
  await expect(found).toHaveText("2 of 3 found");
  await expect(page.locator(".log li[data-here]")).toHaveAttribute("value", "150");
  await expect(page.locator(".log li[data-here]")).toBeInViewport();
  await search.press("Shift+Enter");
  await search.press("Shift+Enter");
  await expect(found).toHaveText("3 of 3 found");
  await expect(page.locator(".log li")).toHaveCount(300);
  await page.getByRole("switch", { name: "Only lines with hits" }).click();
  await expect(page.locator(".log li")).toHaveCount(3);
  const download = page.getByRole("link", { name: "Download" });
  const answer = await page.request.get(`${portal.url}${await download.getAttribute("href")}`);
  expect((await answer.text()).trimEnd().split("\n").length).toBe(300);
  await expect(page.getByText("Files that failed (2)")).toBeVisible();
  await expect(page.locator(".timeline li")).toHaveCount(2);
  await expect(page.locator(".figures")).toContainText("times the usual");
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectAccessible(page);
});

test("the raw report of a run is folded away, and unfolds by keyboard to what its events made", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/runs/${failed}`);
  const raw = page.locator(".raw-report");
  const text = raw.locator("code");
  await expect(text).toBeHidden();
  await raw.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(text).toBeVisible();
  const run = JSON.parse((await text.textContent()) ?? "") as { head: { message: string; items: number; failed_items: string[] } };
  expect(run.head.message).toBe("the disk can't be read");
  expect(run.head.items).toBe(40);
  expect(run.head.failed_items).toEqual(["/srv/a", "/srv/b"]);
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
});

test("a run leads to the one before it and back", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/runs/${failed}`);
  await page.getByRole("link", { name: "Previous run" }).click();
  await expect(page).not.toHaveURL(new RegExp(failed));
  await expect(page.getByText("as usual").first()).toBeVisible();
  await page.getByRole("link", { name: "Next run" }).click();
  await expect(page).toHaveURL(new RegExp(failed));
});

test("a pause tells its reason for as long as it lasts", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Why, and until when").fill("new disk until Friday");
  await page.getByRole("dialog").getByRole("button", { name: "Pause it" }).click();
  await expect(page.locator(".notice").first()).toContainText("new disk until Friday");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("new disk until Friday")).toHaveCount(0);
});

test("older runs have an address of their own, and are in the server's HTML", async ({ page, browser }) => {
  const more = Array.from({ length: 30 }, (_, n) => ({ device: "fs-01", job: "hourly", run: `h${n}`, state: "succeeded", at: at(20_000 + n * 60), message: `hour ${n}` }));
  await portal.api("POST", "events", more);
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  await page.getByRole("link", { name: "Older runs" }).click();
  await expect(page).toHaveURL(/runs=/);
  await expect(page.getByRole("region", { name: "Runs" })).toContainText("hour 5");
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(await page.context().cookies());
  const plain = await context.newPage();
  await plain.goto(page.url());
  await expect(plain.getByRole("region", { name: "Runs" })).toContainText("hour 5");
  await context.close();
});

test("what is wrong and what to do come first, and a time that has passed is told as overdue", async ({ page }) => {
  const late = await portal.device("late-01");
  await portal.api("POST", "events", [{ device: "late-01", job: "nightly", run: "1", state: "succeeded", at: at(3 * 1440), bytes: 10_000_000, items: 1000 }]);
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${late.id}`);
  await expect(page).toHaveTitle(/^late-01 · .+ · Holdfast$/);
  const alerts = page.getByRole("region", { name: "Alerts", exact: true });
  await expect(alerts).toContainText("Backup overdue");
  const above = (await alerts.boundingBox())?.y ?? 0;
  expect(above).toBeLessThan((await page.locator("#score").boundingBox())?.y ?? 0);
  // Three days after the last one, of one a day, with an hour of grace.
  for (const due of [page.locator(".device-head .due"), page.locator("#jobs .due")]) {
    await expect(due).toHaveText("overdue by 1 d");
    await expect(due).toHaveAttribute("data-state", "warning");
  }
  await expect(page.locator(".next-change")).toContainText("If nothing happens, it changes in");
  const told = Number(await page.locator(".next-change strong").textContent());
  expect(told).not.toBe(Number(await page.locator(".device-score .ring-number").textContent()));
  await open(page, `${portal.url}/backups/devices?search=late-01`);
  await expect(page.getByRole("row").filter({ hasText: "late-01" }).locator(".due")).toHaveText("overdue by 1 d");
  await open(page, `${portal.url}/devices/${late.id}`);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Why, and until when").fill("moves house");
  await page.getByRole("dialog").getByRole("button", { name: "Pause it" }).click();
  await expect(page.locator(".device-head dt").filter({ hasText: "Next due" }).locator("+ dd")).toHaveText("–");
});

test("a device that never reported says what makes it known, and what counts only after that", async ({ page }) => {
  const fresh = await portal.device("fresh-01");
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${fresh.id}`);
  await expect(page.locator(".apart")).toContainText("there is nothing to score before its first report");
  await expect(page.locator(".plan li").first()).toContainText("A first usable backup");
  await expect(page.locator(".next-change")).toHaveText("By itself nothing changes.");
  await expect(page.locator(".factors")).not.toContainText("other things weigh more");
});

test("a run tells its times in one form, with the zone, and its tab whose run it is", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/runs/${failed}`);
  await expect(page).toHaveTitle(/^nightly run of fs-01 · .+ · Holdfast$/);
  await expect(page.locator(".timeline time").first()).toHaveText(/^\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d [A-Z+\d:-]+$/);
});
