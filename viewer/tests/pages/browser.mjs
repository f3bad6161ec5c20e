// The machine's own Chromium, without anything that would reach for a network.
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Milliseconds after which something that is waited for is taken to hang. No test is ended for being slow. */
export const PATIENCE = 300_000;

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS, timeout: PATIENCE });
}

/** The longest tasks of a page's main thread while something is done, in milliseconds of the processor's time: a busy
 * machine makes everything wait, and that is not the page's doing. Nor are the browser's own pages, such as its address bar.
 * `yardstick` is what the same page then needs to sort a hundred thousand names: a slow machine is slow at both. */
export async function longestTasks(browser, page, work) {
  await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing", "__metadata"] });
  const answer = await work();
  await page.evaluate(() => {
    performance.mark("the page itself");
    return Array.from({ length: 100_000 }, (_, n) => `model-${(n * 7919) % 100_000}`).sort((a, b) => a.localeCompare(b, "en")).length;
  });
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const own = traceEvents.find((it) => it.name === "the page itself");
  const ran = traceEvents.filter((it) => /RunTask/.test(it.name) && it.pid === own.pid && it.tid === own.tid);
  const took = (it) => Math.round((it.tdur ?? it.dur ?? 0) / 100) / 10;
  const [tasks, last] = [ran.filter((it) => it.ts + it.dur < own.ts), ran.filter((it) => it.ts + it.dur >= own.ts)];
  return { answer, tasks: tasks.length, longest: tasks.map(took).sort((a, b) => b - a).slice(0, 5), yardstick: Math.max(...last.map(took)) };
}

/** Makes a page's own thread so many times slower than the machine. */
export async function slowed(page, rate) {
  await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });
}

/** A page that remembers what went wrong in it, and every request that left its own origin.
 * `SLOWDOWN=6` in the environment tries all of them as on a machine that is six times slower. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  if (process.env.SLOWDOWN) await slowed(page, Number(process.env.SLOWDOWN));
  const errors = [];
  page.on("pageerror", (error) => errors.push(`${error.message}\n${error.stack ?? ""}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 404/.test(message.text())) errors.push(message.text());
  });
  return { page, errors, close: () => context.close() };
}
