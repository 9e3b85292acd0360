// A portal of its own for a test file: the real binary, an empty data folder, a free port, stopped at the end.
// Every page is watched: a console error or an uncaught exception fails the test.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

/** Path of one of our binaries, as `make test` has built it. */
export function binary(name: "holdfast" | "holdfast-agent"): string {
  const path = join(target, "debug", name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run make test, which builds it`);
  return path;
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export class Portal {
  private child?: ChildProcess;
  private output = "";
  private constructor(readonly folder: string, readonly port: number) {}

  /** `http://127.0.0.1:port`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(): Promise<Portal> {
    const portal = new Portal(mkdtempSync(join(tmpdir(), "holdfast-e2e-")), await freePort());
    await portal.serve();
    return portal;
  }

  /** Starts the server (again) on the same data. */
  async serve(): Promise<void> {
    this.child = spawn(binary("holdfast"), ["serve"], {
      cwd: this.folder,
      env: {
        ...process.env,
        HOLDFAST_LISTEN: `127.0.0.1:${this.port}`,
        HOLDFAST_DATA: join(this.folder, "data"),
        HOLDFAST_PUBLIC_URL: this.url,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (chunk) => (this.output += chunk));
    this.child.stderr?.on("data", (chunk) => (this.output += chunk));
    for (let i = 0; i < 150; i++) {
      if (this.child.exitCode !== null) break;
      const ready = await fetch(`${this.url}/readyz`).then((r) => r.ok, () => false);
      if (ready) return;
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`the portal did not start:\n${this.output}`);
  }

  /** Ends the server: politely, or as a power cut would. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until the page's scripts have taken over. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForSelector("html[data-hydrated]", { timeout: 30_000, state: "attached" });
}

/** Opens a page of the portal and waits for its scripts. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await hydrated(page);
}

/** axe finds nothing on this page, light and dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const result = await new AxeBuilder({ page }).analyze();
    const found = result.violations.map((v) => `${scheme}: ${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.target.join(" ")).join("\n  ")}`);
    expect(found, `axe on ${page.url()}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

type Fixtures = { portal: Portal };

/** `portal` is shared by the tests of a file; `page` fails its test on any console error. */
export const test = base.extend<object, Fixtures>({
  portal: [
    async ({}, use) => {
      const portal = await Portal.start();
      await use(portal);
      await portal.end();
    },
    { scope: "worker" },
  ],
}).extend({
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    await use(page);
    expect(errors, "console errors").toEqual([]);
  },
});

export { expect };
