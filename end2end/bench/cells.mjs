// Time from an event's acknowledgement to the changed cell in a real browser, at 500 events a second.
//   node end2end/bench/cells.mjs [seconds]      wants dist/holdfast, or HOLDFAST_BINARY
import { chromium } from "playwright-core";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import http from "node:http";

const seconds = Number(process.argv[2] ?? 8);
const rate = 500;
const binary = resolve(process.env.HOLDFAST_BINARY ?? "dist/holdfast");
const folder = mkdtempSync(join(tmpdir(), "holdfast-cells-"));
const port = 20000 + (process.pid % 20000);
const url = `http://127.0.0.1:${port}`;
const env = { ...process.env, HOLDFAST_LISTEN: `127.0.0.1:${port}`, HOLDFAST_DATA: join(folder, "data"), HOLDFAST_KEY_RATE: "100000", HOLDFAST_KEY_BURST: "100000" };
const cli = (args, input = "") => execFileSync(binary, args, { env, input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
const server = spawn(binary, ["serve"], { env, stdio: "ignore" });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
for (let i = 0; i < 100 && !(await fetch(`${url}/readyz`).then((r) => r.ok, () => false)); i++) await wait(100);
cli(["owner", "create", "--email", "bench@example.com", "--partner", "Bench"], "a long enough password\n");
const key = /hf_\w+/.exec(cli(["key", "create", "--scope", "partner", "--can", "ingest,read,manage"]))[0];
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const post = (path, body) =>
  new Promise((done, fail) => {
    const text = JSON.stringify(body);
    const request = http.request(`${url}/api/v1/${path}`, { method: "POST", agent, headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "content-length": Buffer.byteLength(text) } }, (answer) => {
      let all = "";
      answer.on("data", (chunk) => (all += chunk)).on("end", () => (answer.statusCode < 300 ? done(JSON.parse(all)) : fail(new Error(`${answer.statusCode} ${all}`))));
    });
    request.on("error", fail);
    request.end(text);
  });
const organization = (await post("organizations", { name: "Bench" })).id;
const names = Array.from({ length: 200 }, (_, n) => `d${String(n).padStart(3, "0")}`);
for (const name of names) await post("devices", { name, organization, class: "server" });

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.goto(`${url}/sign-in`);
await page.waitForSelector("html[data-hydrated]", { state: "attached" });
await page.getByLabel("E-mail address").fill("bench@example.com");
await page.getByLabel("Password").fill("a long enough password");
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL((u) => !u.pathname.includes("sign-in"));
await page.goto(`${url}/backups/devices?sort=name`);
await page.waitForSelector("html[data-hydrated]", { state: "attached" });
await page.evaluate(() => {
  window.seen = [];
  for (const row of document.querySelectorAll("tbody tr")) {
    const name = row.querySelector(".row-link")?.textContent;
    const cell = row.querySelector("[data-label=State]");
    const look = () => window.seen.push([name, cell.textContent.includes("Running") ? "running" : "succeeded", Date.now()]);
    new MutationObserver(look).observe(cell, { subtree: true, childList: true, characterData: true, attributes: true });
  }
});
const sent = [];
const pending = [];
const begun = Date.now();
for (let n = 0; Date.now() - begun < seconds * 1000; n++) {
  const name = names[n % names.length];
  const turn = Math.floor(n / names.length);
  const state = turn % 2 === 0 ? "running" : "succeeded";
  const event = { device: name, organization, job: "nightly", run: `r${Math.floor(turn / 2)}`, state, at: new Date().toISOString() };
  pending.push(post("events", [event]).then(() => sent.push([name, state, Date.now()])));
  const ahead = begun + (n + 1) * (1000 / rate) - Date.now();
  if (ahead > 0) await wait(ahead);
}
await Promise.all(pending);
await wait(1000);
const seen = await page.evaluate(() => window.seen);
const shown = new Set(seen.map((s) => s[0]));
const took = [];
for (const [name, state, at] of sent) {
  if (!shown.has(name) || at > begun + seconds * 1000 - 500) continue;
  // A cell may be changed a moment before the answer is read: from 50 ms before the acknowledgement on.
  const change = seen.find((s) => s[0] === name && s[1] === state && s[2] >= at - 50);
  took.push(change ? Math.max(0, change[2] - at) : Infinity);
}
took.sort((a, b) => a - b);
const p = (q) => took[Math.min(took.length - 1, Math.floor(took.length * q))];
console.log(JSON.stringify({ what: "cell", events_a_second: Math.round(sent.length / seconds), measured: took.length, p50_ms: p(0.5), p99_ms: p(0.99) }));
await browser.close();
server.kill();
await wait(300);
rmSync(folder, { recursive: true, force: true });
process.exit(0);
