// What is said in several places is the same everywhere: a file holds what the rows show, also what moved since the page came; numbers of
// what goes on count all that the list below them holds.
import type { Page } from "@playwright/test";
import { expect, open, Portal, test } from "../portal";

let portal: Portal;
let customer = "";

const event = (subject: object, state: string, more: object = {}) =>
  portal.api("POST", "events", [{ run: "r1", state, at: new Date().toISOString(), ...subject, ...more }]);

test.beforeAll(async () => {
  portal = await Portal.owned();
  customer = (await portal.api<{ id: string }>("POST", "organizations", { name: "Harbour Mail", region: "eu-central" })).id;
  const connection = await portal.api<{ id: string }>("POST", "connections", { organization: customer, service: "microsoft_365" });
  const accounts = ["anna", "bert"].map((name) => ({ address: `${name}@harbour-mail.example`, name, type: "user", status: "activated" }));
  await portal.api("POST", "accounts", { connection: connection.id, accounts });
});

test.afterAll(async () => {
  await portal.end();
});

/** The file of the rows on screen: heads, and rows by their heads. */
async function csv(page: Page): Promise<{ heads: string[]; rows: Record<string, string>[] }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV of these rows" }).click()]);
  let text = "";
  for await (const chunk of await download.createReadStream()) text += chunk;
  const cells = (line: string) => [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)|(?<=,)(?=,|$)/g)].map((m) => (m[1] ?? m[2] ?? "").replaceAll('""', '"'));
  const [heads, ...lines] = text.trimEnd().split("\r\n").map(cells);
  return { heads, rows: lines.map((line) => Object.fromEntries(heads.map((head, place) => [head, line[place] ?? ""]))) };
}

test("the file of devices holds state and band as the rows show them now", async ({ page }) => {
  await portal.device("moving");
  await event({ device: "moving", job: "nightly" }, "succeeded", { run: "r0" });
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices?search=moving`);
  const row = page.locator("tbody tr", { hasText: "moving" });
  await expect(row).toContainText("Succeeded");
  await expect(page.locator(".live-indicator")).toHaveAttribute("data-pulse", "live");
  await event({ device: "moving", job: "nightly" }, "running", { percent: 42 });
  await expect(row).toContainText("Running 42 %");
  const { heads, rows } = await csv(page);
  expect(heads).toContain("Band");
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ Device: "moving", Client: "Baker & Sons", State: "Running, 42 %", Score: "100", Band: "Healthy" });
  await event({ device: "moving", job: "nightly" }, "failed", { message: "disk full" });
  await expect(row).toContainText("Failed");
  expect((await csv(page)).rows[0].State).toBe("Failed");
});

test("the file of the job log holds a run as its row shows it now", async ({ page }) => {
  await portal.device("logged");
  await event({ device: "logged", job: "nightly" }, "running", { run: "l1" });
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/log?device=logged`);
  const row = page.locator("tbody tr", { hasText: "logged" });
  await expect(row).toContainText("Running");
  await event({ device: "logged", job: "nightly" }, "succeeded", { run: "l1", bytes: 2048 });
  await expect(row).toContainText("Succeeded");
  const { rows } = await csv(page);
  expect(rows[0]).toMatchObject({ "Device or account": "logged", Result: "Succeeded", Size: "2048", Attempts: "1" });
});

test("the file of alerts holds each row, without columns that hold only buttons", async ({ page }) => {
  await portal.device("wrong");
  await event({ device: "wrong", job: "nightly" }, "failed", { run: "w1", message: 'the "repository" is locked' });
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/alerts?search=wrong`);
  await expect(page.locator("tbody tr")).toHaveCount(1);
  const { heads, rows } = await csv(page);
  expect(heads).toEqual(["Type", "Severity", "Device", "Since", "Why", "Recommended action", "Done"]);
  expect(rows[0]).toMatchObject({ Type: "Job failed", Severity: "warning", Device: "wrong (Server, Baker & Sons)", Done: "" });
  expect(rows[0].Why).toContain('the "repository" is locked');
});

test("Home and a client's overview count runs of accounts with those of devices, as the list does", async ({ page }) => {
  await portal.device("busy");
  await event({ device: "busy", job: "nightly" }, "running", { run: "b1" });
  await portal.signIn(page);
  await open(page, portal.url);
  const now = page.locator("section", { has: page.getByRole("heading", { name: "Now" }) });
  const running = now.getByRole("link", { name: /running$/ });
  await expect(running).toHaveText("1 running");
  await expect(now.locator("li")).toHaveCount(1);
  await event({ account: "anna@harbour-mail.example", workload: "email" }, "running", { run: "a1" });
  await event({ account: "bert@harbour-mail.example", workload: "email" }, "retrying", { run: "a1" });
  await expect(running).toHaveText("2 running");
  await expect(now.getByRole("link", { name: /retrying$/ })).toHaveText("1 retrying");
  await expect(now.locator("li")).toHaveCount(3);
  await running.click();
  await expect(page.locator("tbody tr")).toHaveCount(2);
  // A client of accounts alone has an overview too.
  await open(page, `${portal.url}/organizations/${customer}`);
  await expect(page.getByRole("link", { name: /Running/ })).toContainText("1");
  await expect(page.getByRole("link", { name: /Retrying/ })).toContainText("1");
  await expect(page.getByText("No devices yet")).toHaveCount(0);
  await event({ account: "anna@harbour-mail.example", workload: "email" }, "succeeded", { run: "a1" });
  await expect(page.getByRole("link", { name: /Running/ })).toContainText("0");
  await expect(page.getByRole("heading", { name: "Latest runs" })).toBeVisible();
});

test("on a phone Home says what to do, and leads there", async ({ page }) => {
  await portal.device("phoned");
  await event({ device: "phoned", job: "nightly" }, "failed", { run: "p1", message: "restic: read error" });
  await page.setViewportSize({ width: 390, height: 844 });
  await portal.signIn(page);
  await open(page, portal.url);
  const need = page.locator(".need", { hasText: "phoned" });
  await expect(need.locator(".need-do")).toBeVisible();
  await expect(need.locator(".need-do")).not.toBeEmpty();
  await expect(need.getByRole("link", { name: "See the log" })).toBeVisible();
});
