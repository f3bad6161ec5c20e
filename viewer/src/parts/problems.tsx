// Problems as the verifier tells them: what, where, and what to do.
import type { Problem } from "refmark-wasm";
import { count } from "../app/words.ts";
import { Id, Words } from "./bits.tsx";

const SHOWN = 50;

export function Problems({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <>
      <ul class="problems">
        {problems.slice(0, SHOWN).map((problem, at) => (
          <li key={at}>
            <p><code class="code">{problem.code}</code> <Words text={problem.message} /></p>
            {(problem.path || problem.commit) && <p class="soft">{problem.path && <code>{problem.path}</code>} {problem.commit && <>in commit <Id id={problem.commit} what="commit" /></>}</p>}
            {problem.hint && <p class="soft"><Words text={problem.hint} /></p>}
          </li>
        ))}
      </ul>
      {problems.length > SHOWN && <p class="soft">and {count(problems.length - SHOWN, "problem")} more</p>}
    </>
  );
}
