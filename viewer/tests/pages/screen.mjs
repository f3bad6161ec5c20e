// What a test waits for and asks of a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until the registry was verified or was found not to be, and every question of the screen was answered after that. */
export const still = (page) => page.waitForFunction(() => {
  const { standing = "none", asked = "" } = document.documentElement.dataset;
  return !["none", "unverified", "verifying"].includes(standing) && asked === "0" && document.querySelector("main h1") && !document.querySelector("main .waiting");
});
export const standing = (page) => page.evaluate(() => document.documentElement.dataset.standing);
/** Changes the part of the address after `#`, and waits until the page has taken it: what was there before is never read. */
export const walk = async (page, to) => {
  await page.evaluate((to) => new Promise((done) => {
    addEventListener("hashchange", done, { once: true });
    location.hash = to;
  }), to);
  await still(page);
};

/** Waits until the focus lies where it is looked for. */
export const focused = (page, name, value) => page.waitForFunction(([name, value]) => document.activeElement?.[name] === value, [name, value]);

export async function audited(page) {
  await page.evaluate(`${AXE}; 0`);
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.map((it) => `${it.id}: ${it.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(" | ")}`);
}
