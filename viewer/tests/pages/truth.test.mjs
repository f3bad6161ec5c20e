// The viewer tells the truth on every screen: what is bad is marked, and green means this branch, this head, this root.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, openPage, PATIENCE } from "./browser.mjs";
import { audited, standing, still, walk } from "./screen.mjs";
import { serve } from "./server.mjs";
import { makeWorld, plainGit } from "./world.mjs";

const folder = mkdtempSync(join(tmpdir(), "refmark-truth-"));
const SLOW = { timeout: 4 * PATIENCE };

let world;
let server;
let browser;
let junk;

/** A copy of the site with something edited in its `site.json` and its listing. */
function edited(name, edit) {
  const copy = join(folder, name);
  cpSync(world.site, copy, { recursive: true });
  const path = join(copy, "registry/site.json");
  const site = JSON.parse(readFileSync(path, "utf8"));
  const listing = join(copy, "registry", site.listing);
  const text = edit(site, JSON.parse(readFileSync(listing, "utf8")), copy);
  writeFileSync(path, JSON.stringify(site));
  if (text !== undefined) writeFileSync(listing, text);
  return copy;
}

before(async () => {
  world = makeWorld(join(folder, "world"));
  const git = plainGit(world.folder);
  const asked = git("-C", world.models, "rev-parse", "propose/sentiment-champion-5").trim();
  const older = git("-C", world.models, "rev-list", "--first-parent", "main").split("\n")[5];
  // Somebody who may push, and signs nothing.
  git("clone", "-q", world.bare, "stray");
  writeFileSync(join(world.folder, "stray/models/notes.txt"), "hello\n");
  git("-C", "stray", "add", "-f", ".");
  git("-C", "stray", "-c", "user.name=m", "-c", "user.email=m@example.com", "commit", "-qm", "notes");
  git("clone", "-q", "--bare", "stray", "stray.git");
  git("-C", "stray.git", "update-server-info");
  junk = { asked, older };
  server = await serve({
    "/": world.site, "/models.git/": world.bare, "/stray.git/": join(world.folder, "stray.git"), "/damaged/": world.damaged,
    "/proposal/": edited("proposal", (site) => void (site.branch = "propose/sentiment-champion-5")),
    "/named/": edited("named", (site) => void (site.registry.name = "Bank of Example")),
    "/flattering/": edited("flattering", (_, listing) => JSON.stringify({ ...listing, versions: { ...listing.versions, trust: listing.versions.trust.map(() => "trusted") } })),
    "/quiet/": edited("quiet", (_, listing) => JSON.stringify({ ...listing, versions: { ...listing.versions, metrics: listing.versions.metrics.map((it) => ({ ...it, accuracy: 0.99 })) } })),
    "/broken/": edited("broken", () => '{"head":"x","models":{"name":7}}'),
    "/lost/": edited("lost", (site, _, copy) => {
      const { pack } = site.packs.find((it) => it.use === "history");
      rmSync(join(copy, "registry", pack));
    }),
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (path, more = {}, site = "/") => {
  const query = new URLSearchParams({ root: world.root, ...more }).toString();
  return `${server.url}${site}#${path}${path.includes("?") ? "&" : "?"}${query}`;
};
const seen = async (page, url) => {
  await page.goto("about:blank");
  await page.goto(url);
  await still(page);
  return page.locator("main").innerText();
};

describe("what is bad is marked wherever it is named", () => {
  test("an alias that holds a revoked version: in the list, wide and on a phone, tiles, table, chart, search, alias, comparison", SLOW, async () => {
    for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 800 }]) {
      const { page, errors, close } = await openPage(browser, { viewport });
      const marked = (where) => page.locator(where).filter({ hasText: "revoked" }).filter({ visible: true }).first().waitFor();
      await page.goto(at("/models"));
      await still(page);
      await marked("tr.row:has-text('fraud-score') .badge.bad");
      await seen(page, at("/m/fraud-score"));
      await marked(".tile:has-text('@canary') .badge.bad");
      await marked("tr.row:has-text('2') .badge.bad");
      await page.locator("svg .unsafe-word", { hasText: "revoked" }).first().waitFor();
      assert.match(await page.locator("svg[role=img]").first().getAttribute("aria-label"), /Not to be used: version 2, revoked/);
      await seen(page, at("/models?q=fraud"));
      await marked(".hits li:has-text('fraud-score/2') .badge.bad");
      await seen(page, at("/m/fraud-score/a/canary"));
      await marked(".heading .badge.bad");
      await marked(".timeline .badge.bad");
      await seen(page, at("/compare?a=fraud-score/1&b=fraud-score/2"));
      await marked("main .lead .badge.bad");
      assert.deepEqual([await audited(page), errors], [[], []]);
      await close();
    }
  });

  test("the list says so from the listing on, before anything was verified", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await page.route("**/packs/*", () => {});
    await page.goto(at("/models"));
    await page.locator("tr.row:has-text('fraud-score') .badge.bad", { hasText: "revoked" }).waitFor();
    assert.equal(await standing(page), "unverified");
    await close();
  });

  test("no pin is offered for a revoked version, and gates are those of the move", SLOW, async () => {
    const { page, close } = await openPage(browser);
    const text = await seen(page, at("/m/fraud-score/v/2"));
    assert.match(text, /This artifact is revoked/);
    assert.match(text, /There is nothing to pin/);
    assert.equal(await page.locator(".pins").count(), 0);
    assert.match(text, /Gates, as of each move/);
    assert.match(await seen(page, at("/m/fraud-score/v/1")), /refmark pin add fraud-score\/1/);
    await close();
  });

  test("of two claims one is higher and none is better", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at("/compare?a=fraud-score/1&b=fraud-score/2"));
    const rows = await page.locator("table.figures tbody tr").allTextContents();
    const claims = rows.filter((row) => /claim/.test(row));
    assert.ok(claims.length > 0, rows.join("; "));
    for (const row of claims) assert.doesNotMatch(row, /better|worse/);
    await close();
  });

  test("nothing is known after the head", SLOW, async () => {
    const { page, close } = await openPage(browser);
    assert.match(await seen(page, at("/m/sentiment/a/champion?as-of=2030-01-01")), /Nothing is known of 1 Jan 2030/);
    assert.match(await seen(page, at("/m/sentiment/a/champion?as-of=2026-09-15")), /On 15 Sep 2026 it was/);
    await close();
  });
});

describe("green means this branch, this head, this root", () => {
  test("the head of a proposal that a link opens is not the registry, and its links say which branch they are of", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at(`/models@${junk.asked}`));
    assert.equal(await standing(page), "not-landed");
    await page.locator(".banner.warn", { hasText: "On a proposal, not landed" }).waitFor();
    await seen(page, at("/models", { branch: "propose/sentiment-champion-5" }));
    assert.equal(await standing(page), "not-landed");
    assert.match(await page.locator("table a").first().getAttribute("href"), /branch=propose\/sentiment-champion-5/);
    await page.locator(".banner a", { hasText: "Show the registry" }).click();
    await still(page);
    assert.equal(await standing(page), "verified");
    assert.match(page.url(), /branch=main/);
    await close();
  });

  test("a host that names a proposal as its registry is not believed", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at("/models", {}, "/proposal/"));
    assert.equal(await standing(page), "not-landed");
    await seen(page, at("/models", { branch: "main" }, "/proposal/"));
    assert.equal(await standing(page), "verified");
    await page.goto("about:blank");
    await page.goto(at("/models", { branch: "propose/gone" }));
    await page.locator(".note.bad", { hasText: "propose/gone" }).waitFor();
    await close();
  });

  test("a pin that is not understood is a red fault on every screen, and never green", SLOW, async () => {
    const { page, errors, close } = await openPage(browser);
    for (const more of [{ root: world.root.slice(0, -1) }, { root: world.root.toUpperCase().replace("SHA256", "sha256") }, { head: world.head.slice(0, 12) }, { root: "" }]) {
      await seen(page, at("/m/sentiment", more));
      assert.equal(await standing(page), "misread", JSON.stringify(more));
      await page.locator(".banner.bad", { hasText: "This link is not understood" }).waitFor();
    }
    assert.deepEqual([await audited(page), errors], [[], []]);
    await close();
  });

  test("an older commit that is looked at under a newer head is no rewriting", SLOW, async () => {
    const { page, close } = await openPage(browser);
    const text = await seen(page, at(`/integrity@${junk.older}`, { head: world.head }));
    assert.equal(await standing(page), "verified");
    assert.match(text, /later on the same branch than the commit shown/);
    await walk(page, `/integrity@${junk.asked}?root=${world.root}&head=${world.head}`);
    assert.notEqual(await standing(page), "verified");
    await close();
  });

  test("name and id are those of the signed root, whatever site.json says", SLOW, async () => {
    const { page, close } = await openPage(browser);
    const text = await seen(page, at("/integrity", {}, "/named/"));
    assert.equal(await page.locator(".brand-name").innerText(), "Example models");
    assert.match(text, /site\.json calls it Bank of Example/);
    await close();
  });

  test("what another folder holds is named by its origin", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at("/models", { from: "models.git/" }));
    await page.locator(".banner.plain", { hasText: `${server.url}/models.git/` }).waitFor();
    await close();
  });
});

describe("what was checked", () => {
  test("the listing is compared field by field, and what it tells otherwise is said", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at("/integrity"));
    await page.locator(".checks tr", { hasText: "5 models and 10 versions, field by field: the same as what took effect" }).waitFor();
    for (const [site, says] of [["/flattering/", /marked|trust/], ["/quiet/", /metrics/]]) {
      await page.goto("about:blank");
      await page.goto(at("/integrity", {}, site));
      await page.waitForFunction(() => document.documentElement.dataset.standing === "listing-lies");
      assert.match(await page.locator(".banner.bad").innerText(), says, site);
    }
    await close();
  });

  test("a malformed listing never stops the page, and is told", SLOW, async () => {
    const { page, errors, close } = await openPage(browser);
    const text = await seen(page, at("/integrity", {}, "/broken/"));
    assert.match(text, /it cannot be read, and nothing of it is shown/);
    assert.match(await seen(page, at("/models", {}, "/broken/")), /fraud-score/);
    assert.deepEqual(errors, []);
    await close();
  });

  test("missing history is incomplete, and a stray file is amber and says who could have put it there", SLOW, async () => {
    const { page, close } = await openPage(browser);
    await seen(page, at("/integrity", {}, "/lost/"));
    assert.equal(await standing(page), "incomplete");
    const text = await seen(page, at("/integrity", { from: "stray.git/" }));
    assert.equal(await standing(page), "refused");
    assert.match(text, /Anybody who can push to the branch/);
    assert.equal(await page.locator(".banner.bad").count(), 0);
    assert.deepEqual(await audited(page), []);
    await close();
  });
});
