// A portal of its own for a group of tests: the real binary, an empty data folder, a free port, stopped at the end.
// Every page is watched: a console error or an uncaught exception fails the test.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
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

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Who owns a portal made with `Portal.owned`. */
export const OWNER = { email: "owner@example.com", password: "a lantern over the harbour" };

/** How large the made-up fleet of `Portal.demo` is, unless a test says otherwise. */
const DEMO = { organizations: 12, devices: 160, days: 60, customers: 20, accounts: 400 };

/** A device that was added over REST. */
export type Device = { id: string; name: string; key: string; ping: string };

/** The key in what `holdfast key create` prints. */
function word(printed: string): string {
  const key = /hf_\w+/.exec(printed)?.[0];
  if (!key) throw new Error(`no key in: ${printed}`);
  return key;
}

export class Portal {
  key = "";
  organization = "";
  private child?: ChildProcess;
  private output = "";
  private constructor(readonly folder: string, readonly port: number, private readonly settings: NodeJS.ProcessEnv = {}) {}

  /** `http://127.0.0.1:port`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `settings`: more of the environment. */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<Portal> {
    const portal = new Portal(mkdtempSync(join(tmpdir(), "holdfast-e2e-")), await freePort(), settings);
    await portal.serve();
    return portal;
  }

  /** Starts the server (again) on the same data. */
  async serve(): Promise<void> {
    this.child = spawn(binary("holdfast"), ["serve"], {
      cwd: this.folder,
      env: this.env,
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

  private get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOLDFAST_LISTEN: `127.0.0.1:${this.port}`,
      HOLDFAST_DATA: join(this.folder, "data"),
      HOLDFAST_PUBLIC_URL: this.url,
      // Tests of one machine sign in more often than people do.
      HOLDFAST_SIGN_IN_RATE: "1000",
      ...this.settings,
    };
  }

  /** A command of the binary on this portal's data, while it serves. */
  cli(args: string[], input = ""): string {
    return execFileSync(binary("holdfast"), args, { env: this.env, cwd: this.folder, input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  }

  /** A portal with an owner (see `OWNER`) and one organization. */
  static async owned(settings: NodeJS.ProcessEnv = {}): Promise<Portal> {
    const portal = await Portal.start(settings);
    portal.cli(["owner", "create", "--email", OWNER.email, "--partner", "North Harbour IT"], `${OWNER.password}\n`);
    portal.key = word(portal.cli(["key", "create", "--scope", "partner", "--can", "ingest,read,manage"]));
    portal.organization = (await portal.api<{ id: string }>("POST", "organizations", { name: "Baker & Sons" })).id;
    return portal;
  }

  /** A portal with a small made-up fleet, still but for the time that passes. Everybody in it has this password. */
  static async demo(password: string, settings: NodeJS.ProcessEnv = {}, size: Partial<typeof DEMO> = {}): Promise<Portal> {
    const portal = new Portal(mkdtempSync(join(tmpdir(), "holdfast-e2e-")), await freePort(), settings);
    const wanted = Object.entries({ ...DEMO, ...size }).flatMap(([name, n]) => [`--${name}`, String(n)]);
    portal.cli(["demo", "--fill-only", ...wanted, "--seed", "7", "--password", password]);
    await portal.serve();
    portal.key = word(portal.cli(["key", "create", "--scope", "partner", "--can", "ingest,read,manage"]));
    return portal;
  }

  /** A request to the REST interface with the partner's key. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Adds a device, with a key of its own. */
  async device(name: string, deviceClass: "server" | "workstation" = "server"): Promise<Device> {
    const made = await this.api<{ id: string; ping_url: string }>("POST", "devices", { name, organization: this.organization, class: deviceClass });
    const key = word(this.cli(["key", "create", "--scope", `device:${made.id}`, "--can", "ingest"]));
    return { id: made.id, name, key, ping: made.ping_url };
  }

  /** Signs the page in as the owner, or as somebody else. */
  async signIn(page: Page, who = OWNER): Promise<void> {
    await open(page, `${this.url}/sign-in`);
    await page.getByLabel("E-mail address").fill(who.email);
    await page.getByLabel("Password").fill(who.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).not.toHaveURL(/sign-in/);
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
    // Colours that are still on their way are nobody's choice.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished)));
    const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] });
    // A theme changes colours and nothing else: the second look is for the rules that read them.
    if (scheme === "dark") axe.withRules(["color-contrast", "link-in-text-block"]);
    const result = await axe.analyze();
    const found = result.violations.map((v) => `${scheme}: ${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.target.join(" ")).join("\n  ")}`);
    expect(found, `axe on ${page.url()}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** `page` fails its test on any console error, but for those that a test provokes and names with `expectedErrors`. */
export const test = base.extend<{ expectedErrors: RegExp | undefined }>({
  expectedErrors: [undefined, { option: true }],
  page: async ({ page, expectedErrors }, use) => {
    const errors: string[] = [];
    const note = (text: string) => {
      if (!expectedErrors?.test(text)) errors.push(text);
    };
    page.on("console", (message) => {
      if (message.type() === "error") note(message.text());
    });
    page.on("pageerror", (error) => note(String(error)));
    await use(page);
    expect(errors, "console errors").toEqual([]);
  },
});

export { expect };
