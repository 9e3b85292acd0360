// What a server with the demo fleet keeps in memory while its pages are looked at.
//   node end2end/bench/memory.mjs URL EMAIL PASSWORD PID [rounds]     prints MiB at the start and after each round: ten pages, ten times each
import { readFileSync } from "node:fs";
import { signIn } from "./session.mjs";

const [base, email, password, pid, rounds = "3"] = process.argv.slice(2);
const cookie = await signIn(base, email, password);

async function page(path) {
  const answer = await fetch(base + path, { headers: { cookie } });
  if (!answer.ok || answer.redirected) throw new Error(`${path}: ${answer.status} ${answer.url}`);
  return answer.text();
}

async function first(list, link) {
  const text = await page(list);
  const found = link.exec(text.slice(text.indexOf("<tbody")))?.[1];
  if (!found) throw new Error(`no ${link} on ${list}`);
  return found;
}

const pages = [
  "/", "/backups/devices", "/backups/clients", "/backups/alerts", "/backups/log", "/backups/compliance", "/saas", "/organizations",
  await first("/backups/devices", /href="(\/devices\/[0-9a-z]+)"/),
  await first("/organizations", /href="(\/organizations\/[0-9a-z]+)"/),
];

function mib() {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return ["VmRSS", "RssAnon", "RssFile", "VmHWM"].map((name) => Math.round(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1] / 1024));
}

const settle = () => new Promise((done) => setTimeout(done, 2000));
console.log("| after | resident | of it its own | of it files | highest |\n|---|---|---|---|---|");
await settle();
console.log(`| begin | ${mib().join(" | ")} |`);
for (let round = 1; round <= Number(rounds); round++) {
  for (const path of pages) for (let time = 0; time < 10; time++) await page(path);
  await settle();
  console.log(`| round ${round} | ${mib().join(" | ")} |`);
}
