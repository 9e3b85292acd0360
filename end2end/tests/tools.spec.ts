// Real tools report in their own way: borg through plain curl, borgmatic by its own hook, restic through the agent.
import { expect, expectAccessible, open, Portal, test } from "../portal";
import { Machine } from "../tools";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

let portal: Portal;

test.beforeAll(async () => {
  portal = await Portal.owned();
});

test.afterAll(async () => {
  await portal.end();
});

test("borg through plain curl turns its row Running, then Healthy", async ({ page }) => {
  const machine = new Machine();
  const device = await portal.device("borg-curl");
  machine.borgInit();
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const row = page.getByRole("row").filter({ hasText: "borg-curl" });
  await expect(row).toContainText("Unknown");

  expect((await machine.run(`curl -fsS -m 10 -o /dev/null ${device.ping}/start`)).code).toBe(0);
  await expect(row).toContainText("Running");
  const ended = await machine.run(
    `out=$(borg create --json --log-json ::'{hostname}-{now}' ${machine.source} 2>&1); code=$?; printf '%s\\n' "$out" | ` +
      `curl -fsS -m 10 --data-binary @- ${device.ping}/$code`,
  );
  expect(ended.code, ended.stderr).toBe(0);
  await expect(row).toContainText("Healthy");
  await expect(row).not.toContainText("Running");

  // The same tool's raw report by key, with the line of the connect page.
  const line = await machine.run(
    `out=$(borg create --json --log-json ::'{hostname}-{now}' ${machine.source} 2>&1); code=$?; printf '%s\\n' "$out" | ` +
      `curl -fsS -m 10 -H 'Authorization: Bearer ${device.key}' --data-binary @- "${portal.url}/api/v1/reports/borg?device=${device.id}&job=nightly&exit_code=$code"`,
  );
  expect(line.code, line.stderr).toBe(0);
  await open(page, `${portal.url}/devices/${device.id}`);
  await expect(page.getByRole("cell", { name: "nightly" }).or(page.getByRole("rowheader", { name: "nightly" })).first()).toBeVisible();
  machine.end();
});

test("borgmatic's own Healthchecks hook works unmodified, for success and for failure", async ({ page }) => {
  const machine = new Machine();
  const device = await portal.device("borgmatic-01");
  machine.borgInit();
  const config = (repository: string) => `location:
    source_directories:
        - ${machine.source}
    repositories:
        - ${repository}
storage:
    encryption_passphrase: ${machine.env.BORG_PASSPHRASE}
retention:
    keep_daily: 7
hooks:
    healthchecks:
        ping_url: ${device.ping}
`;
  writeFileSync(join(machine.folder, "good.yaml"), config(machine.env.BORG_REPO ?? ""));
  writeFileSync(join(machine.folder, "bad.yaml"), config(join(machine.folder, "nowhere")));
  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const row = page.getByRole("row").filter({ hasText: "borgmatic-01" });
  await expect(row).toContainText("Unknown");
  const good = await machine.run("borgmatic --config good.yaml create");
  expect(good.code, good.stderr + good.stdout).toBe(0);
  await expect(row).toContainText("Healthy");
  const bad = await machine.run("borgmatic --config bad.yaml create");
  expect(bad.code).not.toBe(0);
  await expect(row).toContainText("Warning");
  await row.getByRole("link", { name: "borgmatic-01" }).click();
  await expect(page.getByText(/does not exist|failure|failed/i).first()).toBeVisible();
  await expectAccessible(page);
  machine.end();
});

test("an unreadable file makes a Warning that names the file", async ({ page }) => {
  const machine = new Machine();
  const device = await portal.device("restic-partial");
  machine.resticInit();
  machine.reportsAs(portal, device);
  const secret = join(machine.source, "letters", "sealed.txt");
  writeFileSync(secret, "nobody reads this");
  chmodSync(secret, 0o000);
  await portal.signIn(page);
  await open(page, `${portal.url}/devices/${device.id}`);
  const ended = await machine.runUnprivileged(`chmod 000 ${secret}; holdfast-agent run --job nightly -- restic backup --json ${machine.source}`);
  expect(ended.code, ended.stderr).toBe(3);
  const run = page.getByRole("row").filter({ hasText: "Warning" }).first();
  await expect(run).toBeVisible();
  await run.getByRole("link").first().click();
  await expect(page).toHaveURL(/\/runs\//);
  await expect(page.getByText("sealed.txt").first()).toBeVisible();
  await expectAccessible(page);
  machine.end();
});

test("a wrong password three times is a Critical alert, and a success resolves it", async ({ page }) => {
  const machine = new Machine();
  const device = await portal.device("restic-locked-out");
  machine.resticInit();
  machine.reportsAs(portal, device);
  const backup = `holdfast-agent run --job nightly -- restic backup --json ${machine.source}`;
  expect((await machine.run(backup)).code).toBe(0);

  await portal.signIn(page);
  await open(page, `${portal.url}/backups/devices`);
  const row = page.getByRole("row").filter({ hasText: "restic-locked-out" });
  await expect(row).toContainText("Healthy");
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect((await machine.run(backup, { RESTIC_PASSWORD: "wrong" })).code).not.toBe(0);
    await expect(row).toContainText(attempt < 3 ? "Warning" : "Critical");
  }
  const open_alerts = await portal.api<{ items: { kind: string; severity: string; device: string }[] }>("GET", "alerts?state=open");
  expect(open_alerts.items.filter((a) => a.device === device.id).map((a) => [a.kind, a.severity])).toEqual([["job_failed", "critical"]]);

  await open(page, `${portal.url}/backups/alerts`);
  await expect(page.getByText("restic-locked-out").first()).toBeVisible();
  await expect(page.getByText(/password/i).first()).toBeVisible();
  await expectAccessible(page);

  expect((await machine.run(backup)).code).toBe(0);
  await expect
    .poll(async () => (await portal.api<{ items: { device: string }[] }>("GET", "alerts?state=open")).items.filter((a) => a.device === device.id).length)
    .toBe(0);
  await open(page, `${portal.url}/devices/${device.id}`);
  // The failures still weigh on the week's success rate (D3): the alert is over, the score says why it is not full yet.
  await expect(page.getByText(/Only 2 of 5 runs/).first()).toBeVisible();
  await open(page, `${portal.url}/backups/alerts?state=resolved`);
  await expect(page.getByRole("row").filter({ hasText: "restic-locked-out" })).toContainText(/resolved/i);
  machine.end();
});
