// Makes the example registry: a team, three models, real promotions, one rollback, one revocation, one refused and two open
// proposals. Everything is done by the command, by people with keys of their own.
//
//   node viewer/tests/example/make.mjs FOLDER [path of the command]      the registry is FOLDER/models
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { classifier, gguf, safetensors } from "./package.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** A team at work in a folder: every step is a command by one of them. */
class Team {
  constructor(folder, command) {
    this.folder = resolve(folder);
    this.command = command;
    this.registry = join(this.folder, "models");
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(join(this.folder, "home"), { recursive: true });
    for (const who of ["ada", "bo", "chen", "nora", "ci", "olu"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", who, "-f", join(this.folder, who)]);
    }
  }

  environment(who) {
    return {
      PATH: process.env.PATH, HOME: join(this.folder, "home"), USER: who, LC_ALL: "C.UTF-8",
      REFMARK_KEY: join(this.folder, who), GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1",
    };
  }

  run(who, ...args) {
    const options = { cwd: this.folder, env: this.environment(who), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 };
    const registry = args[0] === "init" ? [] : ["-R", this.registry];
    try {
      return JSON.parse(execFileSync(this.command, [...registry, ...args, "--json"], options));
    } catch (error) {
      throw Object.assign(new Error(`refmark ${args.join(" ")}\n${error.stdout}${error.stderr}`), { answer: error.stdout });
    }
  }

  /** The same where the command must refuse. */
  refused(who, ...args) {
    try {
      this.run(who, ...args);
    } catch (error) {
      return JSON.parse(error.answer).error;
    }
    throw new Error(`${args.join(" ")} was not refused`);
  }

  write(path, content) {
    const whole = join(this.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
    return path;
  }

  /** Proposes, has it approved by two people, and lands it. */
  land(by, approvers, ...args) {
    const { branch } = this.run(by, ...args, "--propose");
    for (const who of approvers) this.run(who, "approve", branch, "--reason", "looked at the review");
    this.run(by, "land", branch);
  }
}

const CONTRACT = {
  inputs: [{ name: "text", type: "string", shape: [-1] }],
  outputs: [{ name: "label", type: "string", shape: [-1] }, { name: "score", type: "float32", shape: [-1, 3] }],
};
const WIDER = { ...CONTRACT, inputs: [...CONTRACT.inputs, { name: "lang", type: "string", shape: [-1], optional: true }] };

const card = (n, words) => `# Sentiment of product reviews, version ${n}

A small encoder that tells **negative**, **neutral** and **positive** reviews apart, for the shop's review pages.

## Training

${words}

| split | reviews | languages |
|---|--:|---|
| train | 182,400 | en, de |
| validation | 12,000 | en, de |
| March holdout | 8,016 | en, de |

## Limits

- Reviews below five words are often called neutral.
- Sarcasm is *not* recognised; see the [error analysis](https://ml.example.com/reports/sarcasm).
- Not for moderation: it says how a review sounds, not whether it is allowed.

\`\`\`python
import refmark
path = refmark.open().pull("sentiment@champion")
\`\`\`
`;

/** One sentiment version: files, card, contract, lineage. */
function sentiment(team, n, seeds, f1, latency, words, more = {}) {
  const folder = `sentiment-${n}`;
  team.write(`${folder}/model.safetensors`, safetensors(classifier(seeds)));
  const config = { architecture: "small-encoder", hidden: 32, labels: ["negative", "neutral", "positive"], threshold: more.threshold ?? 0.5 };
  team.write(`${folder}/config.json`, `${JSON.stringify(config, null, 2)}\n`);
  team.write(`${folder}/tokenizer.json`, `${JSON.stringify({ type: "wordpiece", size: 512, lowercase: true })}\n`);
  team.write(`cards/sentiment-${n}.md`, card(n, words));
  team.write(`cards/contract-${n}.json`, JSON.stringify(more.contract ?? CONTRACT));
  const evaluation = { suite: "march-holdout", version: "3", metrics: { f1, latency_p95_ms: latency } };
  team.write(`cards/evaluation-${n}.json`, JSON.stringify(evaluation));
  return team.run("nora", "register", "sentiment", folder, "--metric", `f1=${f1}`, "--metric", `latency_p95_ms=${latency}`,
    "--card", `cards/sentiment-${n}.md`, "--contract", `cards/contract-${n}.json`, "--evaluation-card", `cards/evaluation-${n}.json`,
    "--lineage", `training_run=run-88${n}1`, "--lineage", `dataset_version=reviews-${more.data ?? "march-2026"}`,
    "--lineage", `code_commit=${`${n}a91c7e0d34f`.repeat(4).slice(0, 40)}`, "--lineage", "license=Apache-2.0",
    "--owner", "nlp-team", "--description", words, "--capability", "classify",
    "--parent", "base-encoder/1", "--release", `1.${n - 1}.0`);
}

function evaluated(team, reference, f1, latency, verdict = "pass", dataset = "march-holdout@3") {
  team.run("ci", "attach", reference, "evaluation", "--verdict", verdict, "--suite", "reviews@3", "--dataset", dataset,
    "--metric", `f1=${f1}`, "--metric", `latency_p95_ms=${latency}`, "--tool", "evalkit@2.4",
    "--produced-by", `https://ci.example.com/runs/${reference.replace(/\D/g, "")}812`, "--summary", `f1 ${f1} on the March holdout`);
}

/** What production asks for besides. */
function ready(team, reference) {
  team.run("bo", "attach", reference, "canary", "--verdict", "pass", "--summary", "two days on 5 % of the traffic", "--produced-by", "https://ci.example.com/canaries/77");
  team.run("nora", "attach", reference, "rollback-plan", team.write("docs/rollback.md", "# Back to the version before\n\n1. `refmark rollback sentiment@champion`\n2. Watch the error rate for ten minutes.\n"), "--verdict", "info", "--summary", "one command, ten minutes of watching");
  team.run("nora", "attach", reference, "runbook", team.write("docs/runbook.md", "# Whom to call\n\nolu, then ada.\n"), "--verdict", "info", "--summary", "whom to call");
}

function staged(team, reference) {
  team.run("ci", "transition", reference, "trusted", "--reason", "tensors and data only");
  team.run("bo", "transition", reference, "staging", "--reason", "evaluated");
}

function people(team) {
  team.run("ada", "init", "models", "--team", "--name", "acme models", "--as", "ada");
  const join = (id, ...more) => team.run("ada", "members", "add", id, "--public-key", `${id}.pub`, "--reason", `${id} joins`, ...more);
  join("bo", "--role", "mlops-engineer", "--name", "Bo Lindqvist");
  join("chen", "--role", "platform-lead", "--name", "Chen Wei");
  join("nora", "--role", "data-scientist", "--name", "Nora Haddad");
  join("ci", "--role", "ci-agent", "--agent", "--name", "Evaluation pipeline");
  join("olu", "--role", "on-call", "--name", "Olu Adeyemi");
}

function baseEncoder(team) {
  team.write("base/encoder.gguf", gguf("bert", classifier({ embeddings: 7, encoder: 70, head: 700 }).slice(0, 5)));
  team.write("cards/base.md", "# Base encoder\n\nThe encoder that the classifiers start from.\n");
  team.run("nora", "register", "base-encoder", "base", "--card", "cards/base.md", "--owner", "nlp-team", "--capability", "embed",
    "--lineage", "training_run=run-1200", "--lineage", "dataset_version=crawl-2025", "--description", "trained on the 2025 crawl",
    "--source", "https://ml.example.com/base-encoder");
}

function reranker(team) {
  for (const [n, ndcg] of [[1, 0.412], [2, 0.438]]) {
    team.write(`rerank-${n}/model.safetensors`, safetensors(classifier({ embeddings: 7, encoder: 900 + n * 10, head: 950 + n })));
    team.run("nora", "register", "search.rerank", `rerank-${n}`, "--metric", `ndcg_at_10=${ndcg}`, "--owner", "search", "--parent", "base-encoder/1",
      "--capability", "rerank", "--description", `reranks the first hundred hits, run ${n}`);
  }
}

/** Makes it all, and says where it is. */
export function makeExample(folder, command = join(here, "../../../target/debug/refmark")) {
  const team = new Team(folder, command);
  people(team);
  baseEncoder(team);
  const runs = [
    [1, { embeddings: 11, encoder: 100, head: 200 }, 0.871, 30.2, "First run on the March reviews.", {}],
    [2, { embeddings: 11, encoder: 120, head: 210 }, 0.893, 31.7, "Two more epochs, a lower learning rate.", {}],
    [3, { embeddings: 11, encoder: 120, head: 230 }, 0.901, 46.2, "A wider head; slower than version 2.", {}],
    [4, { embeddings: 11, encoder: 140, head: 240 }, 0.912, 32.4, "Distilled from version 3.", { contract: WIDER, threshold: 0.55 }],
    [5, { embeddings: 15, encoder: 150, head: 250 }, 0.908, 28.9, "Trained on the June reviews.", { contract: WIDER, data: "june-2026" }],
  ];
  for (const run of runs) sentiment(team, ...run);
  for (const n of [1, 2, 4]) {
    evaluated(team, `sentiment/${n}`, runs[n - 1][2], runs[n - 1][3]);
    ready(team, `sentiment/${n}`);
    staged(team, `sentiment/${n}`);
  }
  evaluated(team, "sentiment/3", 0.901, 46.2, "fail");
  team.land("nora", ["ada", "bo"], "promote", "sentiment@champion", "1", "--reason", "the first that is good enough for the review pages");
  team.land("nora", ["ada", "bo"], "promote", "sentiment@champion", "2", "--reason", "+2 points of F1 on the March holdout");
  team.run("bo", "promote", "sentiment@canary", "4", "--reason", "5 % of the traffic from Monday");
  team.land("nora", ["chen", "bo"], "promote", "sentiment@champion", "4", "--reason", "+1.9 points of F1, same latency");
  team.run("olu", "rollback", "sentiment@champion", "--reason", "error rate doubled on German reviews since 02:10");
  reranker(team);
  team.run("olu", "revoke", "search.rerank/1", "--reason", "trained on rows that a customer has withdrawn");
  evaluated(team, "sentiment/5", 0.908, 28.9, "pass", "june-holdout@1");
  team.run("ci", "transition", "sentiment/5", "trusted", "--reason", "tensors and data only");
  const waits = team.run("nora", "promote", "sentiment@champion", "4", "--propose", "--reason", "the German tokenizer was at fault, not the model");
  team.run("ada", "approve", waits.branch, "--reason", "read the incident report");
  team.run("nora", "promote", "sentiment@canary", "5", "--propose", "--reason", "try the June data");
  const refused = team.refused("nora", "promote", "sentiment@champion", "3", "--reason", "it is the newest that I tuned");
  return { registry: team.registry, team, refused, root: rootOf(team) };
}

function rootOf(team) {
  return team.run("ada", "trust", "show").trust_root;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = makeExample(process.argv[2] ?? "example", process.argv[3]);
  console.log(JSON.stringify({ registry: made.registry, root: made.root, refused: made.refused }, null, 2));
}
