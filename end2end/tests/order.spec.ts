// What needs a look stands first, what is paused last and without a score; a place in a list that is gone leads to its beginning.
import { expect, open, Portal, test } from "../portal";

let portal: Portal;

test.beforeAll(async () => {
  portal = await Portal.owned();
  const client = (await portal.api<{ id: string }>("POST", "organizations", { name: "Gone" })).id;
  const device = async (name: string, organization = portal.organization) =>
    (await portal.api<{ id: string }>("POST", "devices", { name, organization, class: "server" })).id;
  const ran = async (id: string, states: string[]) => {
    const first = Date.now() - states.length * 60_000;
    const at = (turn: number) => new Date(first + turn * 60_000).toISOString();
    await portal.api("POST", "events", states.map((state, turn) => ({ device: id, job: "nightly", run: `r${turn}`, state, at: at(turn) })));
  };
  await ran(await device("well"), ["succeeded"]);
  await device("unheard");
  const byHand = await device("by-hand");
  await ran(byHand, ["failed", "failed", "failed"]);
  await portal.api("POST", `devices/${byHand}/pause`);
  await ran(await device("with-client", client), ["failed", "failed", "failed"]);
  await portal.api("PATCH", `organizations/${client}`, { status: "deactivated" });
  await ran(await device("failing"), ["failed", "failed", "failed"]);
});

test.afterAll(async () => {
  await portal.end();
});

test("the list of devices opens on what needs a look; what is paused comes last, without a score", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const names = page.locator("tbody a.row-link");
  await expect(names).toHaveText(["failing", "unheard", "well", "by-hand", "with-client"]);
  await expect(page.locator("thead th[aria-sort]")).toHaveCount(0);
  for (const paused of ["by-hand", "with-client"]) {
    const row = page.locator("tbody tr", { hasText: paused });
    await expect(row.locator('td[data-label="Score"]')).toHaveText("–");
  }
  await expect(page.getByRole("navigation", { name: "Pages" })).toContainText("5 shown of 5 devices, 2 of them paused");
  await page.getByLabel("Order").selectOption("score");
  await expect(page).toHaveURL(/[?&]sort=score/);
  await expect(page.locator("thead th[aria-sort=ascending]")).toContainText("Score");
  await expect(names.first()).toHaveText("unheard");
});

test("what Home counts as paused is what the list of paused devices shows", async ({ page }) => {
  await portal.signIn(page);
  await open(page, `${portal.url}/`);
  const paused = page.locator('a[href="/backups/devices?life=paused"]');
  await expect(paused).toContainText("2");
  await paused.click();
  await expect(page.locator("tbody a.row-link")).toHaveText(["by-hand", "with-client"]);
});

test.describe("a place in a list that is gone", () => {
  // The browser itself reports what the server refuses.
  test.use({ expectedErrors: /status of 422/ });
  test("leads to the first page, with the same filters", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/backups/devices?class=server&cursor=xx`);
    await expect(page.getByRole("alert")).toContainText("cursor");
    await expect(page.getByRole("button", { name: "Load again" })).toHaveCount(0);
    await page.getByRole("link", { name: "Go to the first page" }).click();
    await expect(page).toHaveURL(`${portal.url}/backups/devices?class=server`);
    await expect(page.locator("tbody a.row-link").first()).toHaveText("failing");
  });
});
