// One opened registry: its objects, the view that questions are answered from, and the verification under way.
import type { CommitInfo, MoveRow, VersionRow } from "refmark-wasm";
import type { Answer, Arguments, Event, ModelRow, Opened, Proposal, Question, Questions, Seen } from "../protocol.ts";
import { failureOf, missing, Stopped, Trouble } from "./failure.ts";
import { inspected, relatives } from "./inspecting.ts";
import { RefmarkRepository, type Repository, type View } from "./module.ts";
import { Rows, rowsOfListing, versionsOfListing } from "./rows.ts";
import type { Listing, Source } from "./source.ts";
import { verify } from "./verifying.ts";

/** So far back a landed proposal is looked for. */
const CHAIN = 5000;
/** So many moves of a model are looked at for aliases that hold nothing any more. */
const RECENT = 50;

export class Session {
  private readonly repository: Repository = new RefmarkRepository();
  private readonly rows = new Rows();
  private view: View | null = null;
  private readyView: (() => void) | null = null;
  private readonly viewReady = new Promise<void>((done) => (this.readyView = done));
  private whole: Promise<void> | null = null;
  /** Whether the history is here, and not only on its way. */
  private complete = false;
  private readonly head: string;
  /** What the place says of its models and versions: told at once, until the truth is known. */
  private listing: Promise<Listing | null> = Promise.resolve(null);

  constructor(private readonly source: Source, private readonly tell: (event: Event) => void, at: string | null, private readonly stopping: AbortSignal) {
    this.head = at ?? this.newest();
  }

  private newest(): string {
    const { branch, refs } = this.source;
    const head = refs[`refs/heads/${branch}`];
    if (head === undefined) throw new Trouble("no-branch", `the branch ${branch} is not among the refs`);
    return head;
  }

  private readonly loading = (what: string, done: number, total: number): void => {
    if (this.stopping.aborted) throw new Stopped();
    this.tell({ event: "loading", what, done, total });
  };

  /** Shows what can be shown at once, then verifies. */
  async run(root: string | null, seen: string | null): Promise<void> {
    const { about, branch, refs } = this.source;
    const opened: Opened = { ...about, branch, refs, head: this.head, newest: this.newest() };
    this.tell({ event: "opened", opened });
    this.listing = this.head === this.newest() ? this.source.listing().then((it) => (it?.head === this.head ? it : null)).catch(() => null) : this.listing;
    const listed = this.listed();
    for (const [name, oid] of Object.entries(refs)) this.repository.addRef(name, oid);
    await this.source.state(this.repository, this.loading);
    if (this.head !== this.newest()) await this.history();
    this.view = await this.whenThere(() => this.repository.view(this.head));
    this.readyView?.();
    const shown = await listed;
    if (!shown) this.rows.set(this.view.models(), "tree", this.tell);
    const name = about.id === null ? this.nameInTree() : null;
    if (name !== null) this.tell({ event: "opened", opened: { ...opened, ...name } });
    this.tell({ event: "ready", head: await this.whenThere(() => this.repository.commit(this.head)), verified: false });
    await this.verify(root, seen, shown);
  }

  /** A repository tells its registry's name and id in its first trust root. */
  private nameInTree(): { readonly name: string; readonly id: string } | null {
    try {
      const bytes = this.repository.file(this.head, "trust/0001.json", 1 << 20);
      const predicate = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as { statement?: { predicate?: { name?: unknown; registry?: unknown } } }).statement?.predicate;
      return predicate && typeof predicate.name === "string" && typeof predicate.registry === "string" ? { name: predicate.name, id: predicate.registry } : null;
    } catch {
      return null;
    }
  }

  private async listed(): Promise<boolean> {
    const listing = await this.listing;
    if (listing === null) return false;
    this.rows.set(rowsOfListing(listing), "listing", this.tell);
    return true;
  }

  private history(): Promise<void> {
    return (this.whole ??= this.source.history(this.repository, this.loading).then(() => {
      this.complete = true;
    }));
  }

  private async verify(root: string | null, seen: string | null, listed: boolean): Promise<void> {
    const begun = performance.now();
    try {
      await this.history();
      const walk = (from: string | null) => verify(this.repository, this.head, root, from, this.stopping, (done, total) => this.tell({ event: "verifying", done, total }));
      let relation: Seen = seen === null ? "none" : seen === this.head ? "same" : "older";
      const { report, view } = await walk(seen).catch((error: unknown) => {
        if (failureOf(error).code !== "history-rewritten") throw error;
        // Told as such; what is here is verified all the same.
        relation = "not-on-the-chain";
        return walk(null);
      });
      this.view?.free();
      this.view = view;
      this.listing = Promise.resolve(null);
      const truth = this.truth(view);
      const listingLies = listed && truth !== null ? this.rows.differences(truth) : 0;
      if (truth !== null) this.rows.set(truth, "verified", this.tell);
      this.tell({ event: "verified", verified: { report, seen: relation, listingLies, milliseconds: performance.now() - begun } });
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.tell({ event: "unverifiable", failure: failureOf(error) });
    }
  }

  /** The models that took effect; null where the state is such that nothing may be told of it. */
  private truth(view: View): ModelRow[] | null {
    try {
      return view.models();
    } catch {
      return null;
    }
  }

  /** Runs what may lack an object, and fetches what it lacks. */
  private async whenThere<T>(work: () => T): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return work();
      } catch (error) {
        const oid = missing(error);
        if (oid === null || tries > 64) throw error;
        if (!this.complete) await this.history();
        else if (!(await this.source.object(this.repository, oid))) throw error;
      }
    }
  }

  private proposals(): Proposal[] {
    const { branch, refs } = this.source;
    const landed = new Set<string>();
    for (const commit of this.repository.firstParents(this.head, CHAIN)) [commit.id, ...commit.parents].forEach((id) => landed.add(id));
    return Object.entries(refs).flatMap(([ref, head]) => {
      const name = /^refs\/(?:heads|remotes\/[^/]+)\/(.+)$/.exec(ref)?.[1];
      if (name === undefined || name === branch || name === "HEAD") return [];
      const commit = this.commitOr(head);
      return commit === null ? [] : [{ ref, name, head, commit, landed: landed.has(head) }];
    }).sort((a, b) => (a.commit.time < b.commit.time ? 1 : -1));
  }

  /** The newest move of each alias of a model; of one that holds nothing any more, where it is among the last moves. */
  private newestMoves(view: View, model: string): MoveRow[] {
    const newest = new Map<string, MoveRow>();
    for (const move of view.log(model, RECENT)) if (!newest.has(move.alias)) newest.set(move.alias, move);
    const holds = this.rows.all().find((row) => row.model === model)?.aliases ?? [];
    for (const [alias] of holds) if (!newest.has(alias)) view.log(`${model}@${alias}`, 1).forEach((move) => newest.set(alias, move));
    return [...newest.values()];
  }

  private commitOr(id: string): CommitInfo | null {
    try {
      return this.repository.commit(id);
    } catch (error) {
      if (missing(error) === null || !this.complete) throw error;
      return null;
    }
  }

  private readonly answers: { readonly [Q in Question]: (view: View, ...args: Arguments<Q>) => Answer<Q> | Promise<Answer<Q>> } = {
    order: (_, order) => this.rows.order(order),
    versions: (view, model) => view.versions(model),
    show: (view, reference) => view.show(reference),
    resolve: (view, reference, at) => view.resolve(reference, at),
    log: (view, reference) => view.log(reference),
    newestMoves: (view, model) => this.newestMoves(view, model),
    diff: (view, a, b) => view.diff(a, b),
    proposals: () => this.proposals(),
    review: (view, base, head) => view.review(base, head),
    explain: (view, reference) => view.explain(reference),
    whyNot: (view, alias, version) => view.whyNot(alias, Number(version)),
    report: (view, reference) => view.report(reference),
    search: (view, text) => view.search(text, 50),
    policy: (view) => view.policy(),
    catalog: (view) => view.catalog(),
    sunset: (view) => view.sunset(),
    relatives: (view, artifact, parents, limit) => relatives(view, this.rows.all(), artifact, parents, limit),
    inspect: (view, file, model) => inspected(view, this.rows.all(), file, model),
  };

  /** Answers a question from what is known now. */
  async ask<Q extends Question>(question: Q, args: Parameters<Questions[Q]>): Promise<Answer<Q>> {
    if (question === "order") return this.rows.order(args[0] as never) as Answer<Q>;
    if (question === "versions") {
      const listing = await this.listing;
      const listed: VersionRow[] | null = listing && versionsOfListing(listing, args[0] as string);
      if (listed) return listed as unknown as Answer<Q>;
    }
    await this.viewReady;
    const answer = this.answers[question] as (view: View, ...args: Parameters<Questions[Q]>) => Answer<Q> | Promise<Answer<Q>>;
    return this.whenThere(() => answer(this.view as View, ...args));
  }
}
