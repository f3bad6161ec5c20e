// How soon an exported registry can be used, and how free the page stays while it is verified. Writes a table to stdout.
//
//   node viewer/bench/first-view.mjs [runs=5] [verify=no] FOLDER...
//
// Sites of `refmark export-site`, or registries, which are exported first (`REFMARK` names the command, else target/debug).
// `verify=no` leaves the second half out: a hundred thousand commits are verified for minutes.
//
// Each run is a new browser profile on files that this machine has read before; the median counts. "First view" is from the
// navigation to the frame in which the screen has what it is for, marked as unverified. Frames are those of the models'
// screen from then until everything is verified: the longest time between two, the longest task by its wall time
// (`longtask`, which names none under 50 ms), and by the processor's own time.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, longestTasks, openPage } from "../tests/pages/browser.mjs";
import { serve } from "../tests/pages/server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const COMMAND = process.env.REFMARK ?? here("../../target/debug/refmark");
const LONGEST = 900_000;

const given = process.argv.slice(2);
const option = (name) => given.find((it) => it.startsWith(`${name}=`))?.slice(name.length + 1);
const runs = Number(option("runs") ?? 5);
const folders = given.filter((it) => !/^(runs|verify)=/.test(it)).map((it) => resolve(it));
if (folders.length === 0) {
  console.error("usage: node viewer/bench/first-view.mjs [runs=5] [verify=no] FOLDER...");
  process.exit(2);
}

/** Put into the page before its own scripts: notes when each thing is first in a frame, and every gap between two frames. */
function watch() {
  const seen = { first: null, standing: null, gap: 0, long: [] };
  window.seen = seen;
  new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((it) => it.duration))).observe({ entryTypes: ["longtask"] });
  let before = performance.now();
  const frame = (now) => {
    const standing = document.documentElement.dataset.standing;
    if (seen.first === null && document.querySelector("tbody tr.row a")) Object.assign(seen, { first: now, standing, long: [] });
    else if (seen.first !== null && ["unverified", "verifying"].includes(standing)) seen.gap = Math.max(seen.gap, now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function visited(browser, url, whole) {
  const { page, errors, close } = await openPage(browser);
  await page.addInitScript(watch);
  const visit = async () => {
    await page.goto(url);
    await page.waitForFunction(() => window.seen.first !== null, null, { timeout: LONGEST });
    if (whole) await page.waitForFunction(() => !["none", "unverified", "verifying"].includes(document.documentElement.dataset.standing), null, { timeout: LONGEST });
    return page.evaluate(() => ({ ...window.seen, verified: document.documentElement.dataset.standing, after: performance.now() }));
  };
  const told = whole === "traced" ? await longestTasks(browser, page, visit) : { answer: await visit(), longest: [] };
  await close();
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return { ...told.answer, task: told.longest[0] };
}

async function measured(browser, site, temporary) {
  const folder = existsSync(join(site, "registry/site.json")) ? site : exported(site, temporary);
  const json = JSON.parse(readFileSync(join(folder, "registry/site.json"), "utf8"));
  const listing = JSON.parse(readFileSync(join(folder, "registry", json.listing), "utf8"));
  const model = listing.models.name[listing.models.versions.indexOf(Math.max(...listing.models.versions))];
  const server = await serve({ "/": folder });
  const screens = { models: "/models", model: `/m/${encodeURIComponent(model)}` };
  const first = {};
  for (const [name, path] of Object.entries(screens)) {
    const times = [];
    for (let run = 0; run <= runs; run++) {
      const { first: time, standing } = await visited(browser, `${server.url}/#${path}?root=${json.root}`, null);
      if (!["unverified", "verifying"].includes(standing)) throw new Error(`${name} was marked ${standing} at first`);
      if (run > 0) times.push(time);
    }
    first[name] = median(times);
  }
  const url = `${server.url}/#/models?root=${json.root}`;
  const verify = option("verify") !== "no";
  const quiet = verify ? await visited(browser, url, "whole") : null;
  const traced = verify ? await visited(browser, url, "traced") : null;
  if (quiet && quiet.verified !== "verified") throw new Error(`${basename(site)} came out ${quiet.verified}`);
  await server.stop();
  return { name: basename(site), models: listing.models.name.length, versions: listing.models.versions.reduce((sum, it) => sum + it, 0), first, quiet, traced };
}

function exported(registry, temporary) {
  const folder = join(temporary, basename(registry));
  execFileSync(COMMAND, ["-R", registry, "export-site", folder, "--viewer", here("../dist")], { stdio: ["ignore", "ignore", "inherit"] });
  return folder;
}

const temporary = mkdtempSync(join(tmpdir(), "refmark-first-view-"));
const browser = await launch();
try {
  const load = () => loadavg()[0].toFixed(0);
  const before = load();
  const rows = [];
  for (const folder of folders) rows.push(await measured(browser, folder, temporary));
  const ms = (time) => `${Math.round(time).toLocaleString("en")} ms`;
  console.log(`Chromium ${browser.version()}, median of ${runs}, load ${before} to ${load()}\n`);
  console.log("| registry | models | versions | first view: models | a model | all verified after | longest gap of frames | longest task, wall | longest task, processor |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const { name, models, versions, first, quiet, traced } of rows) {
    const frames = quiet ? [`${(quiet.after / 1000).toFixed(1)} s`, ms(quiet.gap), quiet.long.length > 0 ? ms(Math.max(...quiet.long)) : "under 50 ms", ms(traced.task)] : ["", "", "", ""];
    console.log(`| ${[name, models.toLocaleString("en"), versions.toLocaleString("en"), ms(first.models), ms(first.model), ...frames].join(" | ")} |`);
  }
} finally {
  await browser.close();
  rmSync(temporary, { recursive: true, force: true });
}
