// The machine's own Chromium, without anything that would reach for a network.
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

/** The longest tasks of a page's main thread while something is done, in milliseconds of the processor's time: a busy
 * machine makes everything wait, and that is not the page's doing. Nor are the browser's own pages, such as its address bar. */
export async function longestTasks(browser, page, work) {
  await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing", "__metadata"] });
  const answer = await work();
  await page.evaluate(() => performance.mark("the page itself"));
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const own = traceEvents.find((it) => it.name === "the page itself");
  const tasks = traceEvents.filter((it) => /RunTask/.test(it.name) && it.pid === own.pid && it.tid === own.tid).map((it) => (it.tdur ?? it.dur ?? 0) / 1000);
  return { answer, tasks: tasks.length, longest: tasks.sort((a, b) => b - a).slice(0, 5).map((it) => Math.round(it * 10) / 10) };
}

/** A page that remembers what went wrong in it, and every request that left its own origin. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(`${error.message}\n${error.stack ?? ""}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 404/.test(message.text())) errors.push(message.text());
  });
  return { page, errors, close: () => context.close() };
}
