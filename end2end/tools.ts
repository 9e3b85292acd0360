// Real backup tools on real folders, for the browser tests.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary, type Portal, type Device } from "./portal";

/** What a command printed and how it ended. */
export type Ended = { code: number; stdout: string; stderr: string };

/** Runs a line in bash, as a person would paste it. Never throws: the exit code is part of the answer. */
export function bash(line: string, env: Record<string, string> = {}, cwd?: string): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn("bash", ["-c", line], { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

/** A folder with a few files to protect, and room for repositories. Gone with `end`. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "holdfast-machine-"));
  readonly source = join(this.folder, "documents");
  readonly env: Record<string, string>;

  constructor() {
    mkdirSync(join(this.source, "letters"), { recursive: true });
    writeFileSync(join(this.source, "ledger.csv"), "date,amount\n".repeat(20_000));
    writeFileSync(join(this.source, "letters", "offer.txt"), "Dear customer\n".repeat(5_000));
    chmodSync(this.folder, 0o755);
    this.env = {
      HOME: join(this.folder, "home"),
      XDG_CACHE_HOME: join(this.folder, "cache"),
      RESTIC_REPOSITORY: join(this.folder, "restic"),
      RESTIC_PASSWORD: "correct horse",
      BORG_REPO: join(this.folder, "borg"),
      BORG_PASSPHRASE: "correct horse",
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      HOLDFAST_AGENT_CONFIG: join(this.folder, "agent", "agent.json"),
      HOLDFAST_SPOOL: join(this.folder, "agent", "spool"),
    };
    mkdirSync(this.env.HOME, { recursive: true });
    mkdirSync(join(this.folder, "bin"));
    copyFileSync(binary("holdfast-agent"), join(this.folder, "bin", "holdfast-agent"));
    this.env.PATH = `${join(this.folder, "bin")}:${process.env.PATH}`;
  }

  /** Reports as this device from now on, through the agent. */
  reportsAs(portal: Portal, device: Device): void {
    this.env.HOLDFAST_URL = portal.url;
    this.env.HOLDFAST_KEY = device.key;
  }

  /** Runs a line as an account that may not read everything: root gives up its rights for it. */
  runUnprivileged(line: string): Promise<Ended> {
    if (process.getuid?.() !== 0) return this.run(line);
    execFileSync("chown", ["-R", "65534:65534", this.folder]);
    return this.run(`setpriv --reuid=65534 --regid=65534 --clear-groups -- bash -c '${line}'`);
  }

  /** Runs a line on this machine. */
  run(line: string, env: Record<string, string> = {}): Promise<Ended> {
    return bash(line, { ...this.env, ...env }, this.folder);
  }

  resticInit(): void {
    execFileSync("restic", ["init"], { env: { ...process.env, ...this.env }, stdio: "ignore" });
  }

  borgInit(): void {
    execFileSync("borg", ["init", "-e", "repokey-blake2"], { env: { ...process.env, ...this.env }, stdio: "ignore" });
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
