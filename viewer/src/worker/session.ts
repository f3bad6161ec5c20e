// One opened registry: its objects, the view that questions are answered from, and the verification under way.
import type { CommitInfo, MoveRow, VerifyReport } from "refmark-wasm";
import type { Answer, Arguments, Event, ListingCheck, ModelRow, Opened, Proposal, Question, Questions, Seen, Wanted } from "../protocol.ts";
import { branchesOf } from "./branches.ts";
import { downloaded } from "./download.ts";
import { failureOf, missing, Stopped } from "./failure.ts";
import { inspected, relatives } from "./inspecting.ts";
import { Comparison, type Listing, parseListing } from "./listing.ts";
import { forget, recall, remember } from "./memory.ts";
import { RefmarkRepository, type Repository, type View } from "./module.ts";
import { Rows } from "./rows.ts";
import type { Loading, Source } from "./source.ts";
import { turn, verify } from "./verifying.ts";

/** So far back a landed proposal is looked for. */
const CHAIN = 5000;
/** So many moves of a model are looked at for aliases that hold nothing any more. */
const RECENT = 50;

export class Session {
  /** Only after the module is there. */
  private held: Repository | null = null;
  private readonly rows = new Rows();
  private view: View | null = null;
  private readyView: (() => void) | null = null;
  private noView: ((error: unknown) => void) | null = null;
  private readonly viewReady = new Promise<void>((done, failed) => {
    [this.readyView, this.noView] = [done, failed];
  });
  private whole: Promise<void> | null = null;
  /** Whether the history is here, and not only on its way. */
  private complete = false;
  private readonly head: string;
  private opened: Opened;
  /** What the place says of its models and versions: told at once, until the truth is known. */
  private listing: Promise<Listing | null> = Promise.resolve(null);
  private listingState: ListingCheck["state"] = "none";

  constructor(private readonly source: Source, private readonly tell: (event: Event) => void, private readonly wanted: Wanted, private readonly stopping: AbortSignal) {
    const { about, refs } = source;
    const { own, shown, newest, tip } = branchesOf(source, wanted.branch);
    this.head = wanted.at ?? tip;
    this.opened = { ...about, name: null, id: null, branch: own, shown, head: this.head, newest, lies: this.head === newest ? "newest" : "asked", refs };
  }

  private get repository(): Repository {
    return (this.held ??= new RefmarkRepository());
  }

  private readonly loading: Loading = (what, done, total, unit) => {
    if (this.stopping.aborted) throw new Stopped();
    this.tell({ event: "loading", what, done, total, unit: unit ?? "things" });
  };

  private know(more: Partial<Opened>): void {
    this.opened = { ...this.opened, ...more };
    this.tell({ event: "opened", opened: this.opened });
  }

  /** Shows what can be shown at once, then verifies. `module`: begins to load it, once what is shown first is here. What was
   * asked meanwhile of a place that cannot be read is refused, and does not wait for ever. */
  async run(module: () => Promise<void>): Promise<void> {
    this.viewReady.catch(() => undefined);
    try {
      await this.show(module);
    } catch (error) {
      this.noView?.(error);
      throw error;
    }
  }

  private async show(module: () => Promise<void>): Promise<void> {
    this.know({});
    const lies = this.opened.lies === "newest";
    this.listing = lies ? this.source.listing().then((text) => this.readListing(text)).catch(() => this.unreadable()) : this.listing;
    const listed = await this.listing;
    if (listed !== null) this.rows.set(listed.rows, "listing", this.tell);
    await module();
    for (const [name, oid] of Object.entries(this.source.refs)) this.repository.addRef(name, oid);
    await this.source.state(this.repository, this.loading);
    if (!lies) await this.history();
    this.view = await this.whenThere(() => this.repository.view(this.head));
    this.readyView?.();
    if (listed === null) this.rows.set(this.view.models(), "tree", this.tell);
    this.know({ ...this.nameInTree(), ...(lies ? {} : { lies: await this.whenThere(() => this.lies()) }) });
    this.tell({ event: "ready", head: await this.whenThere(() => this.repository.commit(this.head)), verified: false });
    await this.verify(listed);
  }

  private readListing(text: string | null): Listing | null {
    if (text === null) return null;
    const it = parseListing(text);
    if (it === null) return this.unreadable();
    this.listingState = it.head === this.head ? "under way" : "of another commit";
    return it.head === this.head ? it : null;
  }

  private unreadable(): null {
    this.listingState = "unreadable";
    return null;
  }

  /** How the commit shown lies to the registry's own branch. */
  private lies(): Opened["lies"] {
    return this.repository.isOnChain(this.opened.newest, this.head) ? "behind" : "not-landed";
  }

  /** The registry's name and id stand in its first trust root: nothing else is asked. */
  private nameInTree(): Pick<Opened, "name" | "id"> {
    try {
      const bytes = this.repository.file(this.head, "trust/0001.json", 1 << 20);
      const predicate = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as { statement?: { predicate?: { name?: unknown; registry?: unknown } } }).statement?.predicate;
      return { name: typeof predicate?.name === "string" ? predicate.name : null, id: typeof predicate?.registry === "string" ? predicate.registry : null };
    } catch {
      return { name: null, id: null };
    }
  }

  private history(): Promise<void> {
    return (this.whole ??= this.source.history(this.repository, this.loading).then(() => {
      this.complete = true;
    }));
  }

  private async verify(listed: Listing | null): Promise<void> {
    const begun = performance.now();
    try {
      await this.history();
      const { seen } = this.wanted;
      const before = this.opened.id === null ? null : await recall(this.opened.id);
      // Where the link names no root, the registry is held to the one that it was held to here before.
      const root = this.wanted.root ?? before?.root ?? null;
      const walked = await verify(this.repository, this.head, root, null, this.stopping, (done, total) => this.tell({ event: "verifying", done, total }));
      const { report, view } = walked;
      const relation = seen === null ? "none" : this.relation(seen);
      const kept = before === null || this.isBehind(this.opened.newest, before.head);
      if (kept && relation !== "not-on-the-chain") await this.remember(report, root, before?.head ?? null);
      this.view?.free();
      this.view = view;
      this.listing = Promise.resolve(null);
      const truth = this.truth(view);
      const comparison = listed && truth && new Comparison(listed);
      if (truth !== null) comparison?.compareModels(truth);
      this.tell({ event: "listing", listing: comparison?.told("under way") ?? { state: this.listingState === "under way" ? "none" : this.listingState, models: 0, versions: 0, lies: 0, first: null } });
      if (truth !== null) this.rows.set(truth, "verified", this.tell);
      this.tell({ event: "verified", verified: { report, seen: relation, before: before && { head: before.head, time: before.time, root: before.root, kept }, objects: this.repository.objects(), milliseconds: performance.now() - begun } });
      if (comparison && truth) await this.compareVersions(comparison, listed, truth, view);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.tell({ event: "unverifiable", failure: failureOf(error) });
    }
  }

  /** How the head that a link names lies to the commit shown. An older commit that is looked at under it is no rewriting, where
   * both are on the branch. */
  private relation(seen: string): Seen {
    if (seen === this.head) return "same";
    if (this.isBehind(this.head, seen)) return "older";
    const { newest } = this.opened;
    return this.head !== newest && this.isBehind(newest, seen) && this.isBehind(newest, this.head) ? "newer" : "not-on-the-chain";
  }

  /** Whether a commit is on the branch that ends at a head. One that is not here is on no chain of what is. */
  private isBehind(head: string, commit: string): boolean {
    try {
      return this.repository.isOnChain(head, commit);
    } catch (error) {
      if (missing(error) === null) throw error;
      return false;
    }
  }

  /** Remembers a state of the registry's own branch in which all that took effect stands: never an older one than before. */
  private async remember(report: VerifyReport, root: string | null, before: string | null): Promise<void> {
    const { id, lies } = this.opened;
    if (id === null || !report.whole || (lies !== "newest" && lies !== "behind")) return;
    if (root !== null && !report.pinned) return;
    const head = before !== null && !this.isBehind(this.head, before) ? before : this.head;
    await remember({ id, head, root, time: new Date().toISOString() });
  }

  /** Holds the listing's versions against those that took effect, a model at a time, while questions are answered. */
  private async compareVersions(comparison: Comparison, listed: Listing, truth: readonly ModelRow[], view: View): Promise<void> {
    if (listed.versions !== null) {
      for (const { model } of truth) {
        comparison.compareVersions(model, view.versions(model).filter((row) => !row.hidden));
        await turn();
        if (this.stopping.aborted) throw new Stopped();
      }
    }
    this.tell({ event: "listing", listing: comparison.told("compared") });
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
    const { branch, newest, refs } = this.opened;
    const landed = new Set<string>();
    for (const commit of this.repository.firstParents(newest, CHAIN)) [commit.id, ...commit.parents].forEach((id) => landed.add(id));
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
    recent: (view, most) => view.log(undefined, most),
    modelWords: (view, model) => view.modelWords(model),
    versionWords: (view, reference) => view.versionWords(reference),
    search: (view, text, filters) => view.search(text, 50, [...filters]),
    policy: (view) => view.policy(),
    catalog: (view) => view.catalog(),
    sunset: (view) => view.sunset(),
    newest: async () => (await this.source.refsNow())[`refs/heads/${this.opened.branch}`] ?? this.opened.newest,
    forget: () => forget(this.opened.id ?? "").then(() => null),
    download: (_, sha256, size) => downloaded(this.source, sha256, size),
    marks: (view, versions) => view.marks([...versions]),
    relatives: (view, artifact, parents, limit) => relatives(view, this.rows.all(), artifact, parents, limit),
    inspect: (view, file, model) => inspected(view, this.rows.all(), file, model),
  };

  /** Answers a question from what is known now. */
  async ask<Q extends Question>(question: Q, args: Parameters<Questions[Q]>): Promise<Answer<Q>> {
    if (question === "versions") {
      const listed = (await this.listing)?.versions?.get(args[0] as string);
      if (listed) return listed as unknown as Answer<Q>;
    }
    await this.viewReady;
    const answer = this.answers[question] as (view: View, ...args: Parameters<Questions[Q]>) => Answer<Q> | Promise<Answer<Q>>;
    return this.whenThere(() => answer(this.view as View, ...args));
  }
}
