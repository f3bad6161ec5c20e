// Which branch is the registry, and which one is shown. A place's word for the first is not taken where it would make a
// proposal the registry.
import { Trouble } from "./failure.ts";
import type { Source } from "./source.ts";

/** What a registry's own branch is called where nobody chose another name: its own repository's, and that within a project's. */
const PLAIN = ["refmark", "main"] as const;

export interface Branches {
  /** The registry's own branch, and its newest commit. */
  readonly own: string;
  readonly newest: string;
  /** The branch that is shown, and its newest commit. */
  readonly shown: string;
  readonly tip: string;
}

/** `linked`: the branch that the link names. */
export function branchesOf({ about, branch, refs }: Pick<Source, "about" | "branch" | "refs">, linked: string | null): Branches {
  const of = (name: string): string | undefined => refs[`refs/heads/${name}`] ?? refs[`refs/remotes/origin/${name}`];
  const plain = PLAIN.find((name) => of(name) !== undefined);
  const named = branch === "main" || branch === "refmark" ? branch : (about.claims !== null || branch.startsWith("propose/")) && plain !== undefined ? plain : branch;
  const own = linked === "main" || linked === "refmark" ? linked : named;
  const shown = linked ?? branch;
  const [newest, tip] = [of(own), of(shown)];
  if (newest === undefined) throw new Trouble("no-branch", `the branch ${own} is not among the refs`);
  if (tip === undefined) throw new Trouble("no-branch", `the link is of the branch ${shown}, and there is none of that name here`, "ask whoever gave you the link which registry it is of");
  return { own, newest, shown, tip };
}
