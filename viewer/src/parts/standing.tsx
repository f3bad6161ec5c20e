// What may be said of what is shown, in the same words everywhere.
import type { Standing } from "../app/state.ts";
import { href, progress, standing } from "../app/state.ts";
import { Icon } from "./bits.tsx";

export const STANDINGS: Readonly<Record<Standing, { readonly label: string; readonly title: string; readonly words: string; readonly icon: string }>> = {
  none: { label: "", title: "", words: "", icon: "shield" },
  unverified: { label: "Unverified", title: "Not verified yet", words: "What you see is what the files say. Nothing of it has been checked so far.", icon: "dash" },
  verifying: { label: "Verifying", title: "Verifying", words: "What you see is what the files say, until every commit has been checked.", icon: "wait" },
  vouched: { label: "Self-vouched", title: "Consistent, and vouched for by the site alone", words: "Every record is signed as the registry's own rules ask. Whose rules these are, nobody outside has said: no root was pinned.", icon: "shield" },
  verified: { label: "Verified", title: "Verified against the root that you pinned", words: "Every record that took effect is signed and allowed, from the pinned root to the commit shown.", icon: "check" },
  incomplete: { label: "Incomplete", title: "A part of the history is missing", words: "What is here fits together, but it is not the whole history, so it proves less.", icon: "warn" },
  failed: { label: "Does not verify", title: "This registry does not verify", words: "Something is not as it was signed. Rely on nothing here before you know why.", icon: "cross" },
  rewritten: { label: "History rewritten", title: "History was rewritten", words: "The commit that you saw last is not in this history. Rely on nothing here before you know why.", icon: "cross" },
  unverifiable: { label: "Unverified", title: "Not verified", words: "The verification could not be finished. What you see is what the files say.", icon: "warn" },
};

/** In the head of every page: one glance, one click to the reasons. */
export function StandingPill() {
  const now = standing.value;
  if (now === "none") return null;
  const { label, icon } = STANDINGS[now];
  const it = progress.value;
  return (
    <a class={`pill standing-${now}`} href={href({ screen: "integrity" })} title="What was checked, and what was not">
      <Icon name={icon} /> <span>{label}{now === "verifying" && it ? ` ${Math.floor((it.done / Math.max(1, it.total)) * 100)} %` : ""}</span>
    </a>
  );
}
