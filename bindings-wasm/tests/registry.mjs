// The example registry, made by the command line, and its bytes as a page would have them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./corpus.mjs";

const command = process.env.REFMARK ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/refmark");

/** A place of its own: no key, pin or configuration of whoever runs the tests. */
export class Example {
  constructor(make = (example) => example.demo()) {
    this.home = mkdtempSync(join(tmpdir(), "refmark-wasm-"));
    make(this);
    this.head = this.git("rev-parse", "refs/heads/main");
  }

  /** A team's three weeks, with proposals, a rollback and a revocation. */
  demo() {
    const made = this.refmark("demo", "--site", join(this.home, "example"), "--fixed");
    this.registry = made.registry;
    this.root = made.trust_root;
    this.proposals = [made.pending, made.blocked, made.refused];
  }

  /** `sentiment` with two versions, the first of which is champion, and `topics` with one. */
  small() {
    this.registry = join(this.home, "models");
    this.root = this.refmark("init", this.registry, "--as", "ada").trust_root;
    for (const [model, text] of [["sentiment", "1"], ["sentiment", "2"], ["topics", "3"]]) {
      writeFileSync(join(this.home, "config.json"), text);
      this.refmark("-R", this.registry, "register", model, "config.json");
    }
    this.refmark("-R", this.registry, "promote", "sentiment@champion", "1");
  }

  env() {
    return {
      PATH: process.env.PATH, HOME: this.home, XDG_CONFIG_HOME: join(this.home, "config"),
      GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1",
    };
  }

  git(...args) {
    return execFileSync("git", args, { cwd: this.registry, env: this.env(), encoding: "utf8", maxBuffer: 1 << 28 }).trim();
  }

  text(...args) {
    return execFileSync(command, args, { cwd: this.home, env: this.env(), encoding: "utf8", maxBuffer: 1 << 28, stdio: "pipe" });
  }

  /** What the command line answers with `--json`; its error is thrown. */
  refmark(...args) {
    try {
      return JSON.parse(this.text("--json", ...args));
    } catch (error) {
      const said = [error.stdout, error.stderr].find((text) => text?.includes('"error"'));
      throw said ? JSON.parse(said.slice(said.indexOf("{"))).error : error;
    }
  }

  /** The same of this registry, held to its root. */
  ask(...args) {
    return this.refmark("-R", this.registry, "--trust-root", this.root, ...args);
  }

  /** Every pack, loose object and ref. */
  open(refmark) {
    const repository = new refmark.RefmarkRepository();
    const objects = join(this.registry, "objects");
    for (const folder of readdirSync(objects)) {
      for (const file of readdirSync(join(objects, folder))) {
        const path = join(objects, folder, file);
        if (/^[0-9a-f]{2}$/.test(folder)) repository.addLoose(`${folder}/${file}`, readFileSync(path));
        else if (file.endsWith(".pack")) repository.addPack(file, readFileSync(path), readFileSync(path.replace(/pack$/, "idx")));
      }
    }
    for (const line of this.git("for-each-ref", "--format=%(refname) %(objectname)").split("\n")) {
      repository.addRef(...line.split(" "));
    }
    if (existsSync(join(this.registry, "HEAD"))) repository.addHead(readFileSync(join(this.registry, "HEAD"), "utf8"));
    return repository;
  }

  /** Verified from the first commit against the root. */
  view(refmark) {
    const verification = this.open(refmark).verify(this.head, this.root);
    const report = verification.finish();
    return { report, view: verification.view() };
  }
}
