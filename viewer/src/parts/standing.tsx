// What may be said of what is shown, in the same words everywhere.
import type { Standing } from "../app/state.ts";
import { href, progress, standing } from "../app/state.ts";
import { Icon } from "./bits.tsx";

export const STANDINGS: Readonly<Record<Standing, { readonly label: string; readonly title: string; readonly words: string; readonly icon: string }>> = {
  none: { label: "", title: "", words: "", icon: "shield" },
  unverified: { label: "Unverified", title: "Not verified yet", words: "What you see is what the files say. Nothing of it has been checked so far.", icon: "dash" },
  verifying: { label: "Verifying", title: "Verifying", words: "What you see is what the files say, until every commit has been checked.", icon: "wait" },
  vouched: { label: "Only its own word", title: "Consistent, by the site's own word alone", words: "Every record is signed as the registry's own rules ask. Whose rules these are, nobody outside has said: the link names no root.", icon: "shield" },
  verified: { label: "Verified", title: "Verified against the root in this link", words: "Every record that took effect is signed and allowed, from the root in this link to the commit shown, on the registry's own branch.", icon: "check" },
  pending: { label: "Something waits", title: "Signed and allowed, and something waits", words: "What took effect is signed and allowed. Something else on this branch waits for an approval or for evidence, and has no effect yet: see below what it is.", icon: "wait" },
  refused: { label: "Stray files", title: "Files without effect lie beside what is signed", words: "What took effect is signed and allowed. Beside it lie files that no rule lets in: anybody who can push to the branch, and whoever hosts it, could have put them there. Nothing that is shown rests on them.", icon: "warn" },
  "not-landed": { label: "Not landed", title: "On a proposal, not landed", words: "The commit shown is not on the registry's own branch. What it says was asked for by somebody, and is not what the registry says.", icon: "warn" },
  incomplete: { label: "Incomplete", title: "A part of the history is missing", words: "What is here fits together as far as it goes, but it is not the whole history, so it proves less.", icon: "warn" },
  unverifiable: { label: "Unverified", title: "Not verified", words: "The verification could not be finished. What you see is what the files say.", icon: "warn" },
  misread: { label: "Link not understood", title: "This link is not understood", words: "It was meant to hold the registry to something, and that part of it cannot be read. Nothing here is held to it. Ask for the link again.", icon: "cross" },
  damaged: { label: "Damaged", title: "Bytes are not what their names say", words: "A part of the files does not hash to its name, or cannot be read. Rely on nothing here before you know why.", icon: "cross" },
  failed: { label: "Does not verify", title: "This registry does not verify", words: "Something is not as it was signed. Rely on nothing here before you know why.", icon: "cross" },
  rewritten: { label: "History rewritten", title: "History was rewritten, or this is older", words: "The head in this link is not in this history. Rely on nothing here before you know why.", icon: "cross" },
  "listing-lies": { label: "Listing lies", title: "This site's own list tells something else", words: "The list that the site carries differs from what was verified. What was verified is shown in its place; ask whoever publishes the site.", icon: "cross" },
};

const RED: readonly Standing[] = ["misread", "damaged", "failed", "rewritten", "listing-lies"];
const AMBER: readonly Standing[] = ["pending", "refused", "not-landed", "incomplete", "unverifiable"];

/** The look of what may be said: green for one standing alone. */
export function toneOf(now: Standing): "good" | "bad" | "warn" | "plain" {
  return now === "verified" ? "good" : RED.includes(now) ? "bad" : AMBER.includes(now) ? "warn" : "plain";
}

/** In the head of every page: one glance, one click to the reasons. */
export function StandingPill() {
  const now = standing.value;
  if (now === "none") return null;
  const { label, icon } = STANDINGS[now];
  const it = progress.value;
  return (
    <a class={`pill standing-${now} ${toneOf(now)}`} href={href({ screen: "integrity" })} title="What was checked, and what was not">
      <Icon name={icon} /> <span>{label}{now === "verifying" && it ? ` ${Math.floor((it.done / Math.max(1, it.total)) * 100)} %` : ""}</span>
    </a>
  );
}
