// Consent of a SaaS connection with a real provider: connected by a person, renewed with rotating tokens, revoked, alerted, authorized again.
import { expect, expectAccessible, freePort, open, Portal, test } from "../portal";
import { CLIENT, IdentityProvider } from "../provider";
import type { Page } from "@playwright/test";

let portal: Portal;
let provider: IdentityProvider;

test.describe.configure({ mode: "serial" });
// The provider's pages load a font from the internet, which isn't there.
test.use({ expectedErrors: /net::ERR|Failed to load resource/ });

test.beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  portal = await Portal.owned({
    HOLDFAST_GOOGLE_CLIENT_ID: CLIENT.id,
    HOLDFAST_GOOGLE_CLIENT_SECRET: CLIENT.secret,
    HOLDFAST_GOOGLE_AUTHORIZE_URL: `${issuer}/auth`,
    HOLDFAST_GOOGLE_TOKEN_URL: `${issuer}/token`,
    HOLDFAST_GOOGLE_DIRECTORY_URL: `${issuer}/directory`,
    HOLDFAST_GOOGLE_SCOPES: "openid offline_access",
  });
  provider = await IdentityProvider.start(port, `${portal.url}/consent/callback`);
});

test.afterAll(async () => {
  await provider.stop();
  await portal.end();
});

const features = () => `${portal.url}/organizations/${portal.organization}/features`;
const google = (page: Page) => page.locator('.connection[data-service="google_workspace"]');

/** On the provider's pages: signs in if it asks for it, and consents. */
async function consent(page: Page): Promise<void> {
  await page.waitForURL(/\/interaction\//);
  const login = page.locator('input[name="login"]');
  if (await login.count()) {
    await login.fill("admin@contoso.example");
    await page.locator('input[name="password"]').fill("anything");
    await page.getByRole("button", { name: /sign-in/i }).click();
  }
  await page.getByRole("button", { name: /continue/i }).click();
  await page.waitForURL(/\/features/);
}

test("a person connects a service at its provider and the tokens are renewed one after another", async ({ page }) => {
  await portal.signIn(page);
  await open(page, features());
  await expect(google(page)).toContainText("Not connected");
  const other = page.locator('.connection[data-service="microsoft_365"]');
  await expect(other).toContainText("HOLDFAST_MICROSOFT_CLIENT_ID");
  await expectAccessible(page);
  await google(page).getByRole("button", { name: "Connect" }).click();
  await consent(page);
  await expect(page.getByText("Google Workspace is connected.")).toBeVisible();
  await expect(google(page)).toContainText("Connected");
  await expect(google(page)).toContainText("by owner");
  for (const renewal of [1, 2, 3]) {
    await google(page).getByRole("button", { name: "Check now" }).click();
    await expect(page.getByText("The provider accepts the connection.")).toBeVisible();
    await expect.poll(() => provider.renewals).toBeGreaterThanOrEqual(renewal);
    expect(provider.refusals).toBe(0);
  }
});

test("consent that is taken back at the provider is alerted, and authorizing again resolves it", async ({ page }) => {
  test.setTimeout(180_000);
  await portal.signIn(page);
  await open(page, features());
  await provider.revoke();
  await google(page).getByRole("button", { name: "Check now" }).click();
  // One refusal is not believed; the portal asks again by itself after a minute.
  await expect(page.getByText("It is asked once more in a minute")).toBeVisible();
  await expect(google(page)).not.toContainText("Consent expired");
  await expect
    .poll(async () => {
      await open(page, features());
      return google(page).textContent();
    }, { timeout: 90_000, intervals: [5_000] })
    .toContain("Consent expired");
  await expect(google(page)).toContainText("was revoked, has ended, or was not used for too long");
  await expectAccessible(page);

  await open(page, `${portal.url}/backups/alerts`);
  const alert = page.getByRole("row", { name: /SaaS consent expired/ });
  await expect(alert).toContainText("Google Workspace");
  await expect(alert).toContainText("Critical");
  await expect(alert).toContainText("was revoked, has ended, or was not used for too long");
  await alert.getByRole("link", { name: "Google Workspace" }).click();
  await expect(page).toHaveURL(new RegExp(`/organizations/${portal.organization}/features`));

  await google(page).getByRole("button", { name: "Re-authorize" }).click();
  await consent(page);
  await expect(page.getByText("Google Workspace is connected.")).toBeVisible();
  await expect(google(page).getByText("Connected", { exact: true })).toBeVisible();
  await open(page, `${portal.url}/backups/alerts`);
  await expect(page.getByRole("row", { name: /SaaS consent expired/ })).toHaveCount(0);
  await open(page, `${portal.url}/backups/alerts?state=resolved`);
  await expect(page.getByRole("row", { name: /SaaS consent expired/ })).toHaveCount(1);
});

test("it works without scripts, and who declines is told what happened", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${portal.url}/sign-in`);
  await page.getByLabel("E-mail address").fill("owner@example.com");
  await page.getByLabel("Password").fill("a lantern over the harbour");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.goto(features());
  await google(page).getByRole("button", { name: "Re-authorize" }).click();
  await page.waitForURL(/\/interaction\//);
  await page.getByRole("link", { name: /cancel/i }).click();
  await expect(page.getByRole("heading", { name: "Google Workspace was not connected" })).toBeVisible();
  await expect(page.getByText("Re-authorize with a global administrator's account")).toBeVisible();
  await page.getByRole("link", { name: "Back to the organization" }).click();
  await expect(google(page).getByText("Connected", { exact: true })).toBeVisible();
  await context.close();
});
