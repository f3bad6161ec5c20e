// Verification in small slices of time, with the page's questions answered in between.
import { Stopped } from "./failure.ts";
import type { Repository, Verification, View } from "./module.ts";
import type { VerifyReport } from "refmark-wasm";

/** A slice of this many milliseconds is aimed at. */
const SLICE = 12;
const TELL_EVERY = 80;

const turns = new MessageChannel();
const waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()?.();

/** Lets messages that came meanwhile be answered. */
export function turn(): Promise<void> {
  return new Promise((done) => {
    waiting.push(done);
    turns.port2.postMessage(null);
  });
}

/** Verifies everything up to a head. The view that comes with the report tells what took effect. */
export async function verify(
  repository: Repository, head: string, root: string | null, seen: string | null, signal: AbortSignal, tell: (done: number, total: number) => void,
): Promise<{ readonly report: VerifyReport; readonly view: View }> {
  const verification: Verification = repository.verify(head, root, seen);
  try {
    const total = verification.total();
    let commits = 1;
    let told = 0;
    while (verification.remaining() > 0) {
      const begun = performance.now();
      verification.step(commits);
      const took = performance.now() - begun;
      commits = Math.max(1, Math.min(2000, Math.round((commits * SLICE) / Math.max(took, 0.5))));
      if (begun - told > TELL_EVERY) {
        told = begun;
        tell(total - verification.remaining(), total);
      }
      await turn();
      if (signal.aborted) throw new Stopped();
    }
    tell(total, total);
    const view = verification.view();
    return { report: verification.finish(), view };
  } finally {
    verification.free();
  }
}
