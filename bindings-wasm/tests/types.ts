// Compiled, never run: what a caller in TypeScript writes, and what must not compile.
import { load, RefmarkRepository, type CommitInfo, type RefmarkError, type VerifyReport } from "../pkg/index.js";

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
