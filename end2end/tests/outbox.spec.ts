// The outbox: what waits for a mail server that is away, looked at, kept back and sent again; and the keys that mail is signed with.
import { Names } from "../names";
import { expect, expectAccessible, freePort, open, OWNER, Portal, test } from "../portal";

test.describe.serial("the outbox", () => {
  let names: Names;
  let portal: Portal;

  test.beforeAll(async () => {
    names = await Names.serve();
    portal = await Portal.owned({
      HOLDFAST_DNS: names.address,
      HOLDFAST_MAIL_FROM: "Holdfast <no-reply@portal.example>",
      // Nobody listens there: mail waits.
      HOLDFAST_SMTP_URL: `smtp://127.0.0.1:${await freePort()}`,
    });
  });

  test.afterAll(async () => {
    await portal.end();
    names.end();
  });

  test("a mail that waits is listed with the reason, read, kept back, and sent again", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/organizations/${portal.organization}/reports`);
    await page.getByRole("button", { name: "Send me a test" }).click();
    await expect(page.getByRole("table", { name: "Delivery log" })).toContainText(OWNER.email);
    await open(page, `${portal.url}/settings/outbox`);
    await expect(page.getByText("Mail comes from no-reply@portal.example and goes by 127.0.0.1:")).toBeVisible();
    const row = page.getByRole("table", { name: "Outbox" }).getByRole("row", { name: /Test: mail about Baker & Sons/ });
    await expect(async () => {
      await page.reload();
      await expect(row).toContainText("Deferred", { timeout: 2_000 });
    }).toPass({ timeout: 20_000 });
    await expect(row).toContainText("127.0.0.1");
    await expectAccessible(page);
    await page.getByRole("link", { name: "Sent", exact: true }).click();
    await expect(page.getByText("No mail here")).toBeVisible();
    await page.goBack();
    await row.getByRole("link").click();
    await expect(page.getByRole("heading", { name: "Test: mail about Baker & Sons" })).toBeVisible();
    const text = await page.request.get(new URL((await page.getByRole("link", { name: "Its plain text" }).getAttribute("href")) ?? "", portal.url).toString());
    expect(await text.text()).toContain("The monthly Backup Summary Report of Baker & Sons will come this way.");
    const whole = await page.request.get(new URL((await page.getByRole("link", { name: /\.eml/ }).getAttribute("href")) ?? "", portal.url).toString());
    expect(await whole.text()).toMatch(/^Message-ID: <\w+@portal\.example>\r$/m);
    const story = page.getByRole("table", { name: "What happened to this mail" });
    await page.getByRole("button", { name: "Don't send it" }).click();
    await expect(story).toContainText("Cancelled");
    await page.getByRole("button", { name: "Send it again" }).click();
    await expect(story).toContainText("Sent again by hand");
    await expect(page.getByRole("button", { name: "Don't send it" })).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
  });

  test("a key signs for a domain of one's own once its record is there, and is switched off", async ({ page }) => {
    await portal.signIn(page);
    await open(page, `${portal.url}/settings/domains`);
    await page.getByLabel("Domain", { exact: true }).fill("portal.example");
    await page.getByRole("button", { name: "Add domain" }).click();
    const domain = page.locator(".domain", { hasText: "portal.example" });
    await expect(domain.getByText("Not verified")).toBeVisible();
    names.texts.set("_holdfast.portal.example", (await domain.locator("code").nth(1).textContent()) ?? "");
    await domain.getByRole("button", { name: "Check now" }).click();
    await page.getByRole("button", { name: "Sign mail for this domain (DKIM)" }).click();
    const key = page.locator(".domain", { hasText: "selector holdfast-" });
    await expect(key.getByText("Waits for its record")).toBeVisible();
    await expect(key.getByText("an address of this domain: the signature counts for DMARC")).toBeVisible();
    await expectAccessible(page);
    await key.getByRole("button", { name: "Check and sign" }).click();
    await expect(key.getByText(/There is no TXT record holdfast-\w+\._domainkey\.portal\.example yet/)).toBeVisible();
    const [record, value] = [await key.locator("code").nth(0).textContent(), await key.locator("code").nth(1).textContent()];
    names.texts.set(record ?? "", value ?? "");
    await key.getByRole("button", { name: "Check and sign" }).click();
    await expect(key.getByText("Signs", { exact: true })).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, "nothing sticks out of a phone").toBeLessThanOrEqual(0);
    await key.getByRole("button", { name: "Switch off…" }).click();
    const asked = page.getByRole("dialog");
    await asked.getByRole("textbox").fill("portal.example");
    await asked.getByRole("button", { name: "Switch off" }).click();
    await expect(page.getByRole("button", { name: "Sign mail for this domain (DKIM)" })).toBeVisible();
  });
});
