// Service levels: a rule as a sentence with its preview, and compliance now and over a period, whose figures are those of the CSV.
import { readFileSync } from "node:fs";
import { expect, expectAccessible, open, Portal, test } from "../portal";

let portal: Portal;

/** Hours ago, as REST wants it. */
const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

test.beforeAll(async () => {
  portal = await Portal.owned();
  for (const [name, hours] of [["fresh", 2], ["older", 8], ["oldest", 20]] as const) {
    await portal.device(name);
    await portal.api("POST", "events", [{ device: name, job: "nightly", run: "a", state: "succeeded", at: ago(hours) }]);
  }
});

test.afterAll(async () => {
  await portal.end();
});

test("a rule is a sentence, says who would be in breach, and after saving they are", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/compliance`);
  await expect(page.getByRole("row", { name: /oldest/ })).toContainText("12 h");
  await expect(page.getByRole("row", { name: /older/ })).toHaveCount(0);
  await expectAccessible(page);

  await open(page, `${portal.url}/settings/sla`);
  await expect(page.locator(".sla-now")).toContainText("All servers must have a successful backup within 12 hours.");
  await page.getByLabel("Hours").fill("6");
  const meaning = page.locator(".sla-meaning");
  await expect(meaning).toContainText("All servers must have a successful backup within 6 hours.");
  await expect(meaning).toContainText("2 devices would be in breach, 1 more than now. It holds for 3 devices.");
  await expect(meaning.getByRole("link", { name: "older" })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Hours").fill("9999");
  await expect(meaning).toContainText("Hours must be between 1 and 8760");
  await expect(page.getByRole("button", { name: "Save this rule" })).toHaveCount(0);
  await page.getByLabel("Hours").fill("6");
  await page.getByRole("button", { name: "Save this rule" }).click();
  await expect(page.locator(".sla-now")).toContainText("within 6 hours");

  await open(page, `${portal.url}/backups/compliance`);
  await expect(page.getByRole("row", { name: /^older/ })).toContainText("6 h");
  await expect(page.getByText("1 of 3 devices")).toBeVisible();
  await page.getByRole("link", { name: /Meeting it/ }).click();
  await expect(page.getByRole("row", { name: /fresh/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /older/ })).toHaveCount(0);
});

test("an exception of a client is made, listed, and ended", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/settings/sla`);
  await page.getByLabel("Whose devices").selectOption({ label: "Baker & Sons" });
  await page.getByLabel("Hours").fill("48");
  const meaning = page.locator(".sla-meaning");
  await expect(meaning).toContainText("All servers of Baker & Sons must have a successful backup within 48 hours.");
  await expect(meaning).toContainText("No device would be in breach, 2 fewer than now.");
  await page.getByRole("button", { name: "Save this rule" }).click();
  const row = page.getByRole("row", { name: /Baker & Sons/ });
  await expect(row).toContainText("48 h");
  await row.getByRole("link", { name: /End the rule/ }).click();
  await expect(page.locator(".sla-meaning")).toContainText("Without this rule, 6 hours hold again.");
  await page.getByRole("button", { name: "End this rule" }).click();
  await expect(page.getByText("No client has a rule of its own.")).toBeVisible();
  await expect(page.getByRole("row", { name: /Baker & Sons.*48 h/ })).toBeVisible();
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });
  test("a rule is previewed and saved by plain forms", async ({ page }) => {
    await page.goto(`${portal.url}/sign-in?next=/settings/sla`);
    await page.getByLabel("E-mail address").fill("owner@example.com");
    await page.getByLabel("Password").fill("a lantern over the harbour");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.goto(`${portal.url}/settings/sla`);
    await page.getByLabel("Which devices").selectOption("workstation");
    await page.getByLabel("Hours").fill("36");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.locator(".sla-meaning")).toContainText("All workstations must have a successful backup within 36 hours. ".trim());
    await page.getByRole("button", { name: "Save this rule" }).click();
    await expect(page.locator(".sla-now")).toContainText("within 36 hours");
  });
});

test("the figures of a period are those of its CSV, and a report is made of it", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/compliance`);
  const today = new Date().toISOString().slice(0, 10);
  await page.getByLabel("From").fill(today);
  await page.getByLabel("to", { exact: true }).fill(today);
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/period=custom/);
  await page.getByRole("link", { name: "Baker & Sons" }).click();
  await expect(page).toHaveURL(/organization=/);
  const row = page.getByRole("row", { name: /oldest/ });
  await expect(row).toBeVisible();
  // The devices are seconds old, so their shares move while the test reads: the page's lies between those of a file fetched before and one after.
  const csv = async () => {
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export CSV" }).click();
    return readFileSync(await (await waiting).path(), "utf8").trim().split("\r\n");
  };
  const share = (lines: string[], name: string) => Number(lines.find((line) => line.startsWith(`"Baker & Sons","${name}"`))?.split(",")[4]);
  const before = await csv();
  await open(page, page.url());
  const shown = new Map<string, number>();
  for (const name of ["fresh", "older", "oldest"]) {
    const cell = page.getByRole("row", { name: new RegExp(`^${name}`) }).locator(".compliance-share");
    shown.set(name, Number((await cell.innerText()).replace(" %", "")));
  }
  const after = await csv();
  expect(after[0]).toContain('"In compliance (%)"');
  expect(after).toHaveLength(4);
  for (const [name, figure] of shown) {
    const [one, other] = [share(before, name), share(after, name)];
    expect(figure, name).toBeGreaterThanOrEqual(Math.min(one, other) - 0.01);
    expect(figure, name).toBeLessThanOrEqual(Math.max(one, other) + 0.01);
  }
  await row.getByText(/breach/).first().click();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Make PDF report" }).click();
  const download = page.getByRole("link", { name: /Download the report/ }).first();
  await expect(download).toBeVisible();
  // Made again at the address that a report leads to: the day isn't over, so its figures are others, and it stands in the list.
  await expect(page).toHaveURL(/#reports$/);
  await expect(page.getByRole("link", { name: /Download the report/ })).toHaveCount(1);
  await page.getByRole("button", { name: "Make PDF report" }).click();
  await expect(page.getByRole("link", { name: /Download the report/ })).toHaveCount(2);
  const address = new URL((await download.getAttribute("href")) ?? "", portal.url).toString();
  const [one, other] = [await page.request.get(address), await page.request.get(address)];
  expect(one.headers()["content-type"]).toBe("application/pdf");
  const bytes = await one.body();
  expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
  expect(bytes.equals(await other.body()), "made again it has the same bytes").toBe(true);
});

test("an organization has its compliance as a tab", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/organizations/${portal.organization}/compliance?period=30d`);
  await expect(page.getByRole("heading", { name: "How this is counted" })).toBeVisible();
  await page.getByRole("navigation", { name: "When" }).getByRole("link", { name: "Now" }).click();
  await expect(page.getByRole("row", { name: /oldest/ })).toBeVisible();
  await expectAccessible(page);
});
