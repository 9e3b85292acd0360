// Lighthouse on the pages people open most, desktop and mobile settings, signed in where a page wants it.
//   node end2end/bench/lighthouse.mjs URL EMAIL PASSWORD [runs] [settings]      prints the median of the runs as a table, and from where to
// where their performance went; exits 1 if a median is below its goal. Settings: desktop,mobile.
// Lighthouse itself is not among the tools of tests: tools/setup.sh bench puts it beside the other tools.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { signIn } from "./session.mjs";

const require = createRequire(join(homedir(), ".cache/holdfast/lighthouse/package.json"));
const { default: lighthouse, desktopConfig } = await import(pathToFileURL(require.resolve("lighthouse")));
const { launch } = await import(pathToFileURL(require.resolve("chrome-launcher")));
const [base, email, password, times = "3", chosen = "desktop,mobile"] = process.argv.slice(2);
const goals = { performance: 95, accessibility: 100, "best-practices": 100 };

const cookie = await signIn(base, email, password);
const list = await (await fetch(`${base}/backups/devices`, { headers: { cookie } })).text();
const device = /href="(\/devices\/[0-9a-z]+)"/.exec(list.slice(list.indexOf("<tbody")))?.[1];
const pages = [["sign-in", "/sign-in", false], ["Home", "/", true], ["Devices", "/backups/devices", true], ["device", device, true]];

const chrome = await launch({
  chromePath: process.env.CHROME_PATH ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim(),
  chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
let missed = false;
console.log("| page | settings | performance | of the runs | accessibility | best practices | LCP ms | TBT ms | CLS | KiB | machine |\n|---|---|---|---|---|---|---|---|---|---|---|");
try {
  for (const settings of chosen.split(",")) {
    for (const [name, path, member] of pages) {
      const reports = [];
      for (let run = 0; run < Number(times); run++) {
        const flags = { port: chrome.port, logLevel: "error", onlyCategories: Object.keys(goals), extraHeaders: member ? { cookie } : {} };
        let lhr;
        // Chromium sometimes leaves the begin of a navigation out of its trace: such a run says nothing.
        for (let attempt = 0; attempt < 3; attempt++) {
          ({ lhr } = await lighthouse(base + path, flags, settings === "desktop" ? desktopConfig : undefined));
          if (lhr.runtimeError?.code !== "NO_NAVSTART") break;
        }
        if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
        if (new URL(lhr.finalDisplayedUrl).pathname !== path) throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
        reports.push(lhr);
      }
      const score = (kind) => Math.round(100 * median(reports.map((r) => r.categories[kind].score)));
      const value = (audit) => median(reports.map((r) => r.audits[audit].numericValue ?? 0));
      const scores = Object.keys(goals).map(score);
      missed ||= Object.values(goals).some((goal, place) => scores[place] < goal);
      const own = reports.map((r) => Math.round(100 * r.categories.performance.score));
      const kib = value("total-byte-weight") / 1024;
      // How fast this processor was meanwhile, by Lighthouse's own measure; 4 times slower is what it takes for a phone.
      const speed = median(reports.map((r) => r.environment.benchmarkIndex));
      console.log(`| ${name} | ${settings} | ${scores[0]} | ${Math.min(...own)}–${Math.max(...own)} | ${scores.slice(1).join(" | ")} | ${value("largest-contentful-paint").toFixed(0)} | ${value("total-blocking-time").toFixed(0)} | ${value("cumulative-layout-shift").toFixed(3)} | ${kib.toFixed(0)} | ${speed.toFixed(0)} |`);
      for (const audit of Object.values(reports[0].audits)) {
        const counts = Object.keys(goals).some((kind) => reports[0].categories[kind].auditRefs.some((ref) => ref.id === audit.id && ref.weight > 0));
        if (counts && audit.score !== null && audit.score < 0.9) console.error(`  ${name}, ${settings}: ${audit.id} ${audit.score} ${audit.displayValue ?? ""}`);
        if (counts && audit.score !== null && audit.score < 0.9) for (const item of audit.details?.items?.slice(0, 5) ?? []) if (item.node) console.error(`    ${item.node.selector}`);
      }
    }
  }
} finally {
  chrome.kill();
}
process.exitCode = missed ? 1 : 0;
