// Every width, with long lists, long names and many columns; paper; and what a page remembers.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, openPage, PATIENCE } from "./browser.mjs";
import { audited, standing, still, walk } from "./screen.mjs";
import { serve } from "./server.mjs";
import { DIST, makeWorld, plainGit, refmarkIn } from "./world.mjs";

const folder = mkdtempSync(join(tmpdir(), "refmark-layout-"));
const SLOW = { timeout: 4 * PATIENCE };
const WIDTHS = [390, 768, 1024, 1280, 1920];
const NAME = "customer-churn-forecaster";

let world;
let server;
let browser;

/** A registry that a patient person would make: long names, many metrics, many files, a card from a hub. */
function long() {
  const home = join(folder, "long");
  mkdirSync(home, { recursive: true });
  const refmark = refmarkIn(home);
  refmark("init", join(home, "models"), "--as", "ada");
  const pack = join(home, "package");
  mkdirSync(pack);
  for (let n = 0; n < 260; n++) writeFileSync(join(pack, `a-configuration-of-the-component-number-${n}.json`), `{"n": ${n}}`);
  const card = join(home, "card.md");
  writeFileSync(card, "---\nlicense: apache-2.0\ntags:\n- tabular\n- churn\nbase_model: example/base\n---\n# Churn\n\nWho leaves next month.\n");
  const metrics = Array.from({ length: 14 }, (_, n) => ["--metric", `a_rather_long_name_of_a_metric_${n}=0.${n}12345678`]).flat();
  for (let n = 0; n < 3; n++) {
    writeFileSync(join(pack, "run.json"), `{"run": ${n}}`);
    refmark("-R", join(home, "models"), "register", NAME, pack, "--card", card, "--release", `2026.11.${n}-rc.1.with-a-long-tail`, "--description", "Who leaves next month, by region and contract.", ...metrics);
  }
  refmark("-R", join(home, "models"), "export-site", join(home, "site"), "--viewer", DIST);
  return join(home, "site");
}

before(async () => {
  world = makeWorld(join(folder, "world"));
  server = await serve({ "/": world.site, "/many/": world.many, "/long/": long(), "/turning/": cpTurning() });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A place whose files a test replaces. */
function cpTurning() {
  const copy = join(folder, "turning");
  cpSync(world.site, copy, { recursive: true });
  return copy;
}

const at = (path, site = "/", more = {}) => {
  const query = new URLSearchParams(more).toString();
  return `${server.url}${site}#${path}${query === "" ? "" : `${path.includes("?") ? "&" : "?"}${query}`}`;
};

/** How much wider than the window the page is, and the narrowest and widest of a table's columns that are shown. */
const measured = (page) => page.evaluate(() => {
  const columns = [...document.querySelectorAll("table.table thead th")].filter((it) => getComputedStyle(it).display !== "none").map((it) => [it.textContent, Math.round(it.getBoundingClientRect().width)]);
  const table = document.querySelector("table.table")?.getBoundingClientRect().width ?? 0;
  const box = document.querySelector(".table-box")?.getBoundingClientRect().width ?? 0;
  return { over: document.documentElement.scrollWidth - document.documentElement.clientWidth, columns, table, box };
});

describe("on every width", () => {
  for (const width of WIDTHS) {
    test(`${width} pixels: a list of a hundred thousand, long names and many columns fill the window, and no column is squeezed away`, SLOW, async () => {
      const { page, errors, close } = await openPage(browser, { viewport: { width, height: 900 } });
      await page.route("**/many/registry/packs/*", () => {});
      await page.goto(at("/models", "/many/"));
      await page.waitForFunction(() => document.querySelectorAll("tbody tr.row a").length > 10 && document.querySelector("table").getAttribute("aria-rowcount") === "100001");
      const list = await measured(page);
      assert.ok(list.over <= 0 && list.table >= list.box - 1, `the list: ${JSON.stringify(list)}`);
      assert.ok(list.columns.every(([, size]) => size >= 48), JSON.stringify(list.columns));
      await page.unroute("**/many/registry/packs/*");
      for (const path of [`/m/${NAME}?metrics=${Array.from({ length: 4 }, (_, n) => `a_rather_long_name_of_a_metric_${n}`).join(",")}`, `/m/${NAME}/v/3`, "/models"]) {
        await page.goto("about:blank");
        await page.goto(at(path, "/long/"));
        await still(page);
        const it = await measured(page);
        assert.ok(it.over <= 0, `${path}: ${it.over} pixels too wide`);
        assert.ok(it.columns.every(([, size]) => size >= 48), `${path}: ${JSON.stringify(it.columns)}`);
        if (path.includes("?metrics")) assert.equal(await page.locator("table.table tbody tr.row a").first().innerText(), "3", "the version's number is what is read first");
        assert.deepEqual([await audited(page), errors], [[], []], path);
      }
      await close();
    });
  }

  test("every file of a long list can be reached, and the head of a hub's card is chips and no bullets", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await page.goto(at(`/m/${NAME}/v/1`, "/long/"));
    await still(page);
    const files = page.locator("section:has(#files) tbody tr");
    assert.equal(await files.count(), 200);
    await page.locator("button", { hasText: /Show 61 more of 261 files/ }).click();
    await page.waitForFunction(() => document.querySelectorAll("section:has(#files) tbody tr").length === 261);
    await page.locator("section:has(#files) input[type=search]").fill("number-259");
    await page.waitForFunction(() => document.querySelectorAll("section:has(#files) tbody tr").length === 1);
    assert.match(await page.locator(".card .chips").innerText(), /licence\s+apache-2\.0[\s\S]*tabular\s+churn[\s\S]*base model/);
    assert.doesNotMatch(await page.locator(".card").innerText(), /license:|^- tabular/m);
    assert.match(await page.locator(".lead").first().innerText(), /Who leaves next month/);
    await close();
  });
});

describe("on paper", () => {
  test("the sheet is light, has digests in full, and nothing that only a screen can do", SLOW, async () => {
    const { page, close } = await openPage(browser, { colorScheme: "dark" });
    await page.goto(at("/m/sentiment/v/5", "/", { root: world.root }));
    await still(page);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const [paper, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]);
    assert.deepEqual([paper, ink], ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    assert.equal(await page.locator("nav").filter({ visible: true }).count(), 0);
    const digests = await page.locator(".id .on-paper").filter({ visible: true }).allInnerTexts();
    assert.ok(digests.length > 5 && digests.every((it) => /[0-9a-f]{40}/.test(it)), digests.join());
    await page.pdf({ path: join(folder, "sheet.pdf") });
    await close();
  });
});

describe("what a page remembers", () => {
  test("going back leads to where the list was left", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await page.route("**/many/registry/packs/*", () => {});
    await page.goto(at("/models", "/many/"));
    await page.waitForFunction(() => document.querySelector("table")?.getAttribute("aria-rowcount") === "100001");
    await page.evaluate(() => scrollTo(0, 40_000));
    await page.locator("tbody a", { hasText: "model-00980" }).click();
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "model-00980");
    await page.goBack();
    await page.waitForFunction(() => Math.abs(scrollY - 40_000) < 60);
    await page.locator("tbody a", { hasText: "model-00980" }).waitFor();
    await close();
  });

  test("a head that was verified here before and is taken back is noticed without any link", SLOW, async () => {
    const { page, errors, close } = await openPage(browser);
    await page.goto(at("/integrity", "/turning/"));
    await still(page);
    await page.locator(".checks tr", { hasText: "this is the first time" }).waitFor();
    await page.reload();
    await still(page);
    await page.locator(".checks tr", { hasText: "nothing was taken back since" }).waitFor();
    // The host goes back by a few commits.
    const git = plainGit(world.folder);
    const older = git("-C", world.models, "rev-list", "--first-parent", "main").split("\n")[3];
    const path = join(folder, "turning/registry/site.json");
    const site = readFileSync(path, "utf8");
    writeFileSync(path, site.replaceAll(world.head, older));
    await page.reload();
    await still(page);
    assert.equal(await standing(page), "rewritten");
    assert.match(await page.locator(".banner.bad").innerText(), /This browser verified commit/);
    writeFileSync(path, site);
    await page.reload();
    await still(page);
    assert.equal(await standing(page), "vouched");
    assert.deepEqual(errors, []);
    await close();
  });

  test("the root that a registry was held to before holds it again where a link names none", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await page.goto(at("/integrity", "/", { root: world.root }));
    await still(page);
    await walk(page, "/integrity");
    assert.notEqual(await standing(page), "verified", "only the root in a link is green");
    await page.locator(".checks tr", { hasText: "it was held to the one of that time" }).waitFor();
    await close();
  });
});

describe("what is lost on the way", () => {
  test("a pack that breaks off is told in plain words, and comes when it is tried again", SLOW, async () => {
    const { page, close } = await openPage(browser);
    let broken = true;
    await page.route("**/packs/*", (route) => (broken ? route.abort("connectionreset") : route.continue()));
    await page.goto(at("/models", "/", { root: world.root }));
    await page.locator(".note.bad", { hasText: "did not come" }).waitFor();
    broken = false;
    await page.locator("button", { hasText: "Try again" }).click();
    await still(page);
    assert.equal(await standing(page), "verified");
    await close();
  });

  test("site.json is asked for anew, and a newer commit is told to whoever comes back", SLOW, async () => {
    const { page, close } = await openPage(browser);
    const path = join(folder, "turning/registry/site.json");
    const site = readFileSync(path, "utf8");
    const asked = [];
    page.on("request", (request) => request.url().endsWith("site.json") && asked.push(request.headers()["cache-control"] ?? ""));
    await page.goto(at("/models", "/turning/"));
    await still(page);
    writeFileSync(path, site.replaceAll(world.head, "1".repeat(40)));
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
    await page.locator(".banner.plain", { hasText: "There is a newer commit by now" }).waitFor();
    writeFileSync(path, site);
    assert.ok(asked.length >= 2);
    await close();
  });
});
