import { defineConfig } from "@playwright/test";

// One server a test file, real tools, Debian's Chromium. Two workers: the machine has two cores.
export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  workers: process.env.CI ? 2 : 1,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.HOLDFAST_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
