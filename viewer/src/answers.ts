// The module's answers, as the screens use them: the keys and values of the command's `--json`.

export type Digest = string;
export type Oid = string;
/** UTC, such as `2026-11-20T14:02:00Z`. */
export type Time = string;
export type TrustState = "acquired" | "quarantined" | "trusted" | "revoked" | "deleted";
export type Stage = "experimental" | "staging" | "production" | "retired" | "archived";
export type Metrics = Readonly<Record<string, number | string>>;

/** A list that may be cut: `more` says how many are not in it. */
export interface Listed<T> { readonly count: number; readonly items: readonly T[]; readonly more: number; }

export interface ModelRow {
  readonly model: string;
  readonly versions: number;
  readonly aliases: readonly (readonly [string, number | null])[];
  readonly owner: string | null;
  readonly description?: string | null;
  readonly updated?: Time | null;
}
export interface VersionRow {
  readonly model: string;
  readonly version: number;
  readonly release: string | null;
  readonly artifact: string;
  readonly trust: TrustState;
  readonly stage: Stage;
  readonly aliases: readonly string[];
  readonly size: number;
  readonly metrics: Metrics;
  readonly by: string;
  readonly time: Time;
}
export interface Target { readonly version: number; readonly artifact: string; }
export interface MoveRow {
  readonly model: string;
  readonly alias: string;
  readonly sequence: number;
  readonly from: Target | null;
  readonly to: Target | null;
  readonly by: string;
  readonly time: Time;
  readonly reason: string;
  readonly commit: Oid | null;
  readonly landed: Time | null;
}
export interface PackageFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: Digest;
  readonly class: string;
  readonly format?: string;
}
export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly file?: string;
  readonly sha256?: Digest;
  readonly offset?: number;
}
export interface Manifest {
  readonly type: string;
  readonly format: string;
  readonly files: readonly PackageFile[];
  readonly capabilities?: readonly string[];
  readonly metrics?: Metrics;
  readonly parents?: readonly string[];
  readonly source?: string;
  readonly tensors?: readonly Tensor[];
}
export interface Field { readonly name: string; readonly type: string; readonly shape?: readonly number[]; readonly optional?: boolean; }
export interface Contract { readonly inputs?: readonly Field[]; readonly outputs?: readonly Field[]; }
export interface Named { readonly name: string; readonly version?: string; readonly sha256?: Digest; }
export interface Measured { readonly value: number | string; readonly better?: "higher" | "lower"; }
export interface Evidence {
  readonly type: string;
  readonly verdict: "pass" | "fail" | "info";
  readonly summary?: string;
  readonly run?: string;
  readonly suite?: Named;
  readonly dataset?: Named;
  readonly tool?: Named;
  readonly metrics?: Readonly<Record<string, Measured>>;
  readonly details?: unknown;
  readonly by: string;
  readonly time: Time;
}
export interface VersionRecord {
  readonly model: string;
  readonly version: number;
  readonly release?: string | null;
  readonly description?: string | null;
  readonly by: string;
  readonly time: Time;
}
export interface ShowAnswer {
  readonly reference: string;
  readonly artifact: string;
  readonly version: VersionRecord | null;
  readonly stage: Stage | null;
  readonly trust: TrustState;
  readonly aliases: readonly string[];
  readonly manifest: Manifest;
  readonly size: number;
  readonly lineage?: Readonly<Record<string, unknown>> | null;
  readonly contract?: Contract | null;
  readonly model_card?: string | null;
  readonly evidence: readonly (readonly [Digest, Evidence])[];
}
export interface ResolveAnswer {
  readonly reference: string;
  readonly model: string | null;
  readonly version: number | null;
  readonly artifact: string;
  readonly sequence: number | null;
  readonly commit: Oid | null;
  readonly trust: string;
  readonly trust_state: TrustState;
  readonly stage: Stage | null;
  readonly at?: { readonly time: Time; readonly landed: Time | null; readonly dated_by: "claimed" | "checkpointed" };
}
export type GateStatus = "passed" | "failed" | "missing" | "pending" | "waived";
export interface Gate {
  readonly name: string;
  readonly status: GateStatus;
  readonly expected: string;
  readonly found: string;
  readonly next?: string;
  readonly evidence?: Digest;
  readonly evidence_by?: string;
  readonly evidence_type?: string;
  readonly run?: string;
  readonly waivable: boolean;
}
export interface Signer {
  readonly asks: string;
  readonly not_author: boolean;
  readonly by: string | null;
  readonly time: Time | null;
  readonly could: readonly (readonly [string, boolean])[];
}
export interface Said { readonly by: string; readonly time: Time; readonly approves: boolean; readonly waives: readonly string[]; readonly reason: string; }
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly path?: string | null;
  readonly commit?: string | null;
  readonly hint?: string | null;
}
export interface Because {
  readonly says: string;
  readonly kind: string;
  readonly path: string;
  readonly statement: Digest;
  readonly by: string;
  readonly key: string | null;
  readonly time: Time;
  readonly reason: string;
  readonly commit: Oid | null;
  readonly policy: number | null;
  readonly signers: readonly Signer[];
  readonly said: readonly Said[];
  readonly gates: readonly Gate[];
  readonly at_once: boolean;
}
export interface Explanation { readonly reference: string; readonly sentence: string; readonly because: readonly Because[]; readonly verified: boolean; }
export interface Blocked {
  readonly change: string;
  readonly decision: Decision;
  readonly by: string | null;
  readonly may_propose: readonly string[];
  readonly reasons: readonly string[];
  readonly moves: readonly { readonly change: string; readonly decision: Decision; readonly gates: readonly Gate[]; readonly signers: readonly Signer[] }[];
}
export interface ExplainAnswer { readonly explanation: Explanation | null; readonly why_not?: Blocked; }
export type Decision = "ok" | "pending" | "refused" | "failed";
export interface DossierMove {
  readonly change: string;
  readonly kind: string;
  readonly path: string;
  readonly statement: Digest;
  readonly by: string;
  readonly key: string | null;
  readonly time: Time;
  readonly reason: string;
  readonly commit: Oid | null;
  readonly approvals: readonly { readonly by: string; readonly key?: string | null; readonly time?: Time; readonly reason?: string }[];
}
export interface Dossier {
  readonly root: readonly [number, Digest] | null;
  readonly policy: readonly [number, Digest] | null;
  readonly verified: boolean;
  readonly evidence: readonly { readonly statement: Digest; readonly key: string | null; readonly commit: Oid | null; readonly evidence: Evidence }[];
  readonly moves: readonly DossierMove[];
  readonly keys: readonly { readonly key: string; readonly principal: string; readonly public: string }[];
}
export interface MetricSide { readonly value: number | string; readonly dataset?: Named | null; }
export interface MetricDiff {
  readonly name: string;
  readonly better?: "higher" | "lower" | null;
  readonly old: MetricSide | null;
  readonly new: MetricSide | null;
  readonly delta?: number | null;
  readonly delta_percent?: number | null;
  readonly judgement: string;
}
export interface FileChange { readonly old: PackageFile; readonly new: PackageFile; readonly tensors?: number; }
export interface Side { readonly artifact: string; readonly model: string | null; readonly version: number | null; }
export interface DiffAnswer {
  readonly identical: boolean;
  readonly old: Side | null;
  readonly new: Side;
  readonly metrics: Listed<MetricDiff>;
  readonly contract?: { readonly compatibility: string; readonly because: Listed<string> } | null;
  readonly tensors?: {
    readonly old: number; readonly new: number; readonly same: number; readonly bytes_changed: number;
    readonly changed: Listed<string>; readonly added: Listed<string>; readonly removed: Listed<string>;
    readonly retyped: Listed<unknown>; readonly reshaped: Listed<unknown>;
  } | null;
  readonly files: {
    readonly old: number; readonly new: number; readonly same: number; readonly size_old: number; readonly size_new: number; readonly bytes_new: number;
    readonly changed: Listed<FileChange>; readonly added: Listed<PackageFile>; readonly removed: Listed<PackageFile>;
    readonly renamed: Listed<{ readonly old: PackageFile; readonly new: PackageFile }>;
  };
  readonly classes?: { readonly sentence: string; readonly counts?: readonly { readonly class: string; readonly old: number; readonly new: number }[] } | null;
  readonly lineage?: {
    readonly changed: Listed<{ readonly key: string; readonly old: unknown; readonly new: unknown }>; readonly same: number;
    readonly parents_added: Listed<string>; readonly parents_removed: Listed<string>;
  } | null;
  readonly card?: { readonly model_card: string; readonly lines_added: number; readonly lines_removed: number; readonly evaluation_card: string } | null;
}
export interface MoveReview {
  readonly kind: string;
  readonly change: string;
  readonly path: string;
  readonly statement: Digest;
  readonly commit: Oid;
  readonly model?: string;
  readonly alias?: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string;
  readonly by: string;
  readonly time: Time;
  readonly decision: string;
  readonly at_once: boolean;
  readonly signers: readonly Signer[];
  readonly said: readonly Said[];
  readonly gates: readonly Gate[];
  readonly problems: readonly Problem[];
  readonly diff?: DiffAnswer | null;
  readonly held?: { readonly version: number; readonly since: Time; readonly by: string; readonly seconds: number; readonly rollbacks: number } | null;
  readonly reach?: Listed<{ readonly consumer?: string; readonly id?: string; readonly version?: number | null }> | null;
}
export interface Review {
  readonly verdict: Decision;
  readonly title: string;
  readonly summary: string;
  readonly base: Oid;
  readonly head: Oid;
  readonly landed: boolean;
  readonly commits: number;
  readonly changes: Listed<MoveReview>;
  readonly versions: Listed<Readonly<Record<string, unknown>>>;
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  readonly records: Listed<Readonly<Record<string, unknown>>>;
  readonly inert: Listed<Problem>;
  readonly companions: Listed<Readonly<Record<string, unknown>>>;
  readonly problems: readonly Problem[];
  readonly methods: readonly { readonly method: string; readonly verdict?: string; readonly outcome?: string; readonly because?: string | null }[];
  readonly pinned: boolean;
  readonly commands: { readonly approve?: string; readonly renew?: string; readonly roll_back?: string; readonly roll_back_by?: string; readonly check: string };
}
export interface SearchHit extends VersionRow {
  readonly description: string | null;
  readonly matched: readonly { readonly field: string; readonly value: string }[];
}
export interface Member {
  readonly id: string;
  readonly kind: "person" | "agent";
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly may: readonly string[];
  readonly keys: readonly string[];
  readonly distrusted: readonly string[];
  readonly root: boolean;
  readonly policy: boolean;
}
export interface PolicyAnswer {
  readonly number: number;
  readonly sentences: readonly string[];
  readonly warnings?: readonly { readonly place: string; readonly message: string }[];
  readonly members: readonly Member[];
  readonly text: string;
}
export interface CatalogEntry {
  readonly family: string;
  readonly id: string;
  readonly sequence: number;
  readonly state: "active" | "deprecated" | "disabled";
  readonly owner: string | null;
  readonly meaning: string;
  readonly entry_kind: string;
  readonly docs?: string | null;
  readonly status_page?: string | null;
  readonly retention_days?: number | null;
  readonly billable?: boolean;
}
export interface InspectAnswer {
  readonly path: string;
  readonly format: string;
  readonly class: string;
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly problems: readonly (string | Problem)[];
  readonly notes: readonly string[];
}
export interface VerifyReport {
  readonly outcome: "ok" | "pending" | "incomplete" | "failed";
  readonly head: Oid;
  readonly lastGood: Oid | null;
  readonly commits: number;
  readonly pinned: boolean;
  readonly root: Digest | null;
  readonly bad: readonly Oid[];
  readonly tainted: readonly string[];
  readonly problems: readonly Problem[];
}
export interface CommitInfo {
  readonly id: Oid;
  readonly parents: readonly Oid[];
  readonly time: Time;
  readonly author: string;
  readonly message: string;
}
