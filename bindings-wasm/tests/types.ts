// Compiled, never run: what a caller in TypeScript writes, and what must not compile.
import {
  inspect, inspectFile, load, RefmarkRepository, sha256, View, type CommitInfo, type Model, type MoveRow, type RefmarkError,
  type Review, type SearchRow, type VerifyReport,
} from "../pkg/index.js";

export async function verified(pack: Uint8Array, idx: Uint8Array): Promise<VerifyReport> {
  await load(new URL("https://example.org/refmark_wasm_bg.wasm"));
  const repository = new RefmarkRepository();
  repository.addPack("pack", pack, idx);
  const head: string | undefined = repository.branch("main");
  if (head === undefined) throw new Error("no branch");
  const commits: readonly CommitInfo[] = repository.firstParents(head, 10);
  const refs: Record<string, string> = repository.refs();
  // @ts-expect-error: a commit has no such field, so the types are not `any`
  commits[0].nonsense;
  // @ts-expect-error: an id is text
  repository.commit(7);
  void refs;
  return repository.verify(head, undefined).finish();
}

export function code(error: RefmarkError): string {
  return error.code;
}

export function asked(view: View): string {
  const models: readonly Model[] = view.models();
  const moves: readonly MoveRow[] = view.log("sentiment@champion", 10);
  const review: Review = view.review("0".repeat(40), "1".repeat(40));
  const found: readonly SearchRow[] = view.search("reviews");
  // @ts-expect-error: what an alias holds may be nothing
  moves[0].to.version;
  // @ts-expect-error: a verdict is one of four words
  if (review.verdict === "fine") return "";
  // @ts-expect-error: there are three ways of writing it
  view.reviewText("", "", "page");
  const why = view.whyNot("sentiment@champion", 4).why_not;
  const { members, sentences, aliases } = view.policy();
  const name: string | undefined = models[0]?.model;
  const stage: "experimental" | "staging" | "production" | "retired" | "archived" | undefined = found[0]?.stage;
  return [name, stage, why?.reasons[0], members[0]?.id, sentences[0], aliases[0]?.names[0], moves[0]?.to?.version].join();
}

export function dropped(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  const { format, tensors } = inspect("model.gguf", bytes);
  inspectFile("model.gguf", bytes.length, (offset, length) => bytes.subarray(offset, offset + length));
  return `${format} ${tensors[0]?.dtype} ${digest.digestHex()}`;
}
