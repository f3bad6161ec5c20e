// What may be said of a dropped file, from the versions that have its bytes.
import { count } from "../app/words.ts";
import type { DroppedFile, FileMatch } from "../protocol.ts";

/** What a match comes to: a file alone, one of several of a version, or nothing. */
export interface Verdict { readonly tone: "good" | "bad" | "warn" | "plain"; readonly icon: string; readonly title: string; readonly words: string; }

const named = (match: FileMatch): string => `${match.reference}${match.aliases.length > 0 ? ` (${match.aliases.map((alias) => `@${alias}`).join(", ")})` : ""}`;
const isBad = (match: FileMatch): boolean => match.trust === "revoked" || match.trust === "deleted" || match.tainted;

/** A file that is all of a version says what that version is. One of several does not: a tokenizer that many share is no
 * champion, and no revocation. */
export function judged(name: string, it: Pick<DroppedFile, "matches" | "searched" | "all">, verified: boolean): Verdict {
  const { matches } = it;
  const part = (match: FileMatch) => `1 of ${match.files} files of ${named(match)}`;
  const not = verified ? "" : " The registry itself is not verified against the root in a link.";
  if (matches.length === 0) {
    const left = it.all > it.searched ? ` ${(it.all - it.searched).toLocaleString("en")} more were not looked at.` : "";
    return { tone: "warn", icon: "dash", title: "No version here has these bytes", words: `Compared with the files of ${count(it.searched, "version")}.${left}` };
  }
  const [bad, good] = [matches.filter(isBad), matches.filter((match) => !isBad(match))];
  const whole = matches.find((match) => match.files === 1);
  const wholeBad = bad.find((match) => match.files === 1);
  const first = (good[0] ?? matches[0]) as FileMatch;
  if (wholeBad) return { tone: "bad", icon: "cross", title: `These bytes were ${wholeBad.tainted ? "signed for by a lost key" : wholeBad.trust}`, words: `${name} is all of ${named(wholeBad)}.${not}` };
  if (good.length === 0) return { tone: "bad", icon: "cross", title: `${part(first)}, which is ${first.tainted ? "tainted" : first.trust}`, words: `No other version here has ${name}. Its other ${count(first.files - 1, "file")} were not looked at.${not}` };
  const also = bad.length === 0 ? "" : ` It is also in ${bad.slice(0, 3).map((match) => `${match.reference}, which is ${match.tainted ? "tainted" : match.trust}`).join(" and ")}: what was wrong there need not be this file.`;
  if (whole) return { tone: whole.trust === "trusted" && verified && whole.aliases.length > 0 ? "good" : "plain", icon: "check", title: whole.aliases.length > 0 ? `Yes: ${whole.aliases.map((alias) => `${whole.reference.split("/")[0]}@${alias}`).join(" and ")}` : `Known here as ${whole.reference}; no alias holds it`, words: `${name} is, byte for byte, all of ${whole.reference} (${whole.path}).${also}${not}` };
  return { tone: bad.length > 0 ? "warn" : "plain", icon: bad.length > 0 ? "warn" : "check", title: part(first), words: `${name} is, byte for byte, ${first.path}.${good.length > 1 ? ` ${count(good.length - 1, "other version")} ${good.length > 2 ? "have" : "has"} it, too.` : ""} The other files of a version were not looked at: drop each, or pull the version.${also}${not}` };
}
