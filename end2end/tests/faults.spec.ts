// The portal killed, the agent killed, the network gone: nothing is lost, nothing comes twice.
import { expect, Portal, test } from "../portal";
import { Machine } from "../tools";
import { spawn } from "node:child_process";

type Run = { run: string; state: string; job_name: string };

const runs = async (portal: Portal, device: string) => (await portal.api<{ items: Run[] }>("GET", `runs?device=${device}&limit=500`)).items;

test("backups made while the portal is away arrive later, in order and once", async () => {
  const portal = await Portal.owned();
  const machine = new Machine();
  const device = await portal.device("away-01");
  machine.resticInit();
  machine.reportsAs(portal, device);
  const backup = `holdfast-agent run --job nightly -- restic backup --json ${machine.source}`;
  expect((await machine.run(backup)).code).toBe(0);
  await portal.stop("SIGKILL");
  for (let i = 0; i < 2; i++) {
    const ended = await machine.run(backup);
    expect(ended.code, "the backup itself goes on").toBe(0);
    expect(ended.stdout).toContain('"message_type":"summary"');
  }
  await portal.serve();
  expect((await machine.run("holdfast-agent flush")).code).toBe(0);
  expect((await machine.run("holdfast-agent flush")).code).toBe(0);
  expect((await runs(portal, device.id)).map((r) => r.state)).toEqual(["succeeded", "succeeded", "succeeded"]);
  portal.cli(["check"]);
  machine.end();
  await portal.end();
});

test("an agent killed in the middle tells the run's failure at its next start", async () => {
  const portal = await Portal.owned();
  const machine = new Machine();
  const device = await portal.device("killed-01");
  machine.reportsAs(portal, device);
  const agent = spawn("holdfast-agent", ["run", "--job", "nightly", "--", "sleep", "61.73"], {
    env: { ...process.env, ...machine.env },
    cwd: machine.folder,
    stdio: "ignore",
  });
  await expect.poll(async () => (await runs(portal, device.id)).map((r) => r.state)).toEqual(["running"]);
  agent.kill("SIGKILL");
  await machine.run("pkill -f 'sleep 61.73'");
  expect((await machine.run("holdfast-agent run --job nightly -- true")).code).toBe(0);
  await expect.poll(async () => (await runs(portal, device.id)).map((r) => r.state).sort()).toEqual(["failed", "succeeded"]);
  portal.cli(["check"]);
  machine.end();
  await portal.end();
});
