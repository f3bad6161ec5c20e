// What was checked, against what, and what was not. The one screen that an auditor reads to the end.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { address, go, opened, progress, shownHead, standing, stop, unverifiable, verified } from "../app/state.ts";
import { print } from "../app/route.ts";
import { count, figure } from "../app/words.ts";
import { Badge, Code, Facts, FailureBox, Heading, Icon, Id, Section, When } from "../parts/bits.tsx";
import { Problems } from "../parts/problems.tsx";
import { STANDINGS } from "../parts/standing.tsx";

type Mark = "checked" | "failed" | "not checked" | "under way" | "held in part";
const MARKS: Readonly<Record<Mark, readonly [string, string]>> = {
  checked: ["good", "check"], failed: ["bad", "cross"], "not checked": ["plain", "dash"], "under way": ["plain", "wait"], "held in part": ["warn", "warn"],
};

export function Integrity() {
  const now = standing.value;
  const { title, words } = STANDINGS[now];
  const it = opened.value;
  const told = verified.value;
  return (
    <>
      <Heading title="Integrity" tab="Integrity"><p class="lead">Everything below was worked out in this browser, from the bytes of the registry. Nothing left this page.</p></Heading>
      <div class={`verdict ${tone(now)}`}><Icon name={now === "verified" ? "check" : tone(now) === "bad" ? "cross" : tone(now) === "warn" ? "warn" : "shield"} /><div><p class="verdict-title">{title}</p><p>{words}</p></div></div>
      {now === "verifying" && <Progress />}
      {unverifiable.value && <FailureBox failure={unverifiable.value} title="The verification could not be finished" />}
      <Section title="What was checked" id="checks"><Checks /></Section>
      <Section title="As of" id="as-of"><Facts facts={[
        ["Registry", it && <>{it.name}{it.id && <> <Id id={it.id} what="registry's id" /></>}</>],
        ["Read from", it?.kind],
        ["Branch", it?.branch],
        ["Commit", it && <Id id={it.head} what="commit" />],
        ["Its time", shownHead.value && <When time={shownHead.value.time} />],
        ["Newest root", told?.report.root && <Id id={told.report.root} what="root's digest" />],
        ["Last good commit", told && told.report.last_good !== told.report.head ? (told.report.last_good ? <Id id={told.report.last_good} what="last good commit" /> : "none") : null],
      ]} /></Section>
      <Pinning />
      {told && told.report.problems.length > 0 && <Section title={count(told.report.problems.length, "problem")} id="problems"><Problems problems={told.report.problems} /></Section>}
      <Section title="What nobody can check here" id="limits">
        <ul class="sentences">
          <li>Whether there is a newer commit: a host can withhold the newest records. Compare the commit above with what a second channel says.</li>
          <li>The files' bytes. Their digests are signed; <code>refmark verify</code> in a clone, or <code>refmark pull</code>, hashes the bytes themselves. A file that you drop on “Check a file” is hashed here.</li>
          <li>The clocks of those who signed. A time is what its author claims; a checkpoint bounds it.</li>
          <li>This page itself, where you did not build it: use your own copy of the viewer and drop the registry's folder on it.</li>
        </ul>
      </Section>
    </>
  );
}

function tone(now: string): string {
  if (now === "verified") return "good";
  if (now === "failed" || now === "rewritten") return "bad";
  return now === "incomplete" || now === "unverifiable" ? "warn" : "plain";
}

function Progress() {
  const it = progress.value;
  if (it === null) return null;
  return (
    <div class="progress">
      <label>{it.done.toLocaleString("en")} of {count(it.total, "commit")} <progress max={it.total} value={it.done} /></label>
      <button type="button" class="button quiet" onClick={stop}>Stop</button>
    </div>
  );
}

function Checks() {
  const told = verified.value;
  const busy: Mark = unverifiable.value ? "not checked" : "under way";
  const history: Mark = told === null ? busy : told.report.verdict === "failed" ? "failed" : told.report.verdict === "incomplete" ? "held in part" : "checked";
  const wrongRoot = told?.report.problems.some((it) => it.code === "wrong-root") ?? false;
  const pin: Mark = address.value.root === null ? "not checked" : told === null ? busy : told.report.pinned && !wrongRoot ? "checked" : "failed";
  const seen: Mark = address.value.seen === null ? "not checked" : told === null ? busy : told.seen === "not-on-the-chain" ? "failed" : "checked";
  const listing: Mark | null = opened.value?.kind === "site" ? (told === null ? busy : told.listingLies > 0 ? "failed" : "checked") : null;
  const commits = told ? `${count(told.report.commits, "commit")}, in ${figure(Number((told.milliseconds / 1000).toFixed(1)))} s` : "every commit of the branch, oldest first";
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="What was checked">
    <table class="plain checks stack">
      <thead><tr><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">How</th></tr></thead>
      <tbody>
        <Check what="History and signatures" mark={history}>{commits}: each record's form, place, signature, author's right, gates and approvals</Check>
        <Check what="Objects" mark={told === null ? busy : "checked"}>every Git object that was read was hashed and is what its id says</Check>
        <Check what="The root" mark={pin}>{address.value.root === null ? "no root was given in the link: the site vouches for itself" : wrongRoot ? <>the registry does not start from the root that the link names, <Id id={address.value.root} what="pinned root" /></> : <>the registry starts from the root that the link names, <Id id={address.value.root} what="pinned root" /></>}</Check>
        <Check what="The head that you saw last" mark={seen}>{address.value.seen === null ? "no head was given in the link" : told?.seen === "not-on-the-chain" ? <>commit <Id id={address.value.seen} what="head seen last" /> is not in this history: it was rewritten, or this is older than what you saw</> : <>commit <Id id={address.value.seen} what="head seen last" /> is in this history, so nothing that you saw was taken back</>}</Check>
        {listing && <Check what="The list of models" mark={listing}>{told && told.listingLies > 0 ? `${count(told.listingLies, "model")} of the exported list differ from what was verified; what was verified is shown` : "the exported list, against what took effect"}</Check>}
        <Check what="Files' bytes" mark="not checked">{opened.value?.carriesBlobs ? "they are here, and are hashed only when somebody asks for them" : "they are not part of this site; their digests are signed"}</Check>
      </tbody>
    </table>
    </div>
  );
}

function Check({ what, mark, children }: { readonly what: string; readonly mark: Mark; readonly children: ComponentChildren }) {
  const [look, icon] = MARKS[mark];
  return <tr><th scope="row">{what}</th><td><span class={`mark ${look}`}><Icon name={icon} /> {mark}</span></td><td>{children}</td></tr>;
}

/** A pin is worth something only where it came from elsewhere. */
function Pinning() {
  const [text, set] = useState(address.value.root ?? "");
  const ok = /^(sha256:)?[0-9a-f]{64}$/.test(text.trim());
  const claimed = opened.value?.claimedRoot ?? verified.value?.report.root;
  const link = `${location.href.split("#")[0]}${print({ ...address.value, screen: { screen: "models" }, at: null, root: address.value.root, seen: opened.value?.head ?? null, query: {} })}`;
  return (
    <Section title="The root that you trust" id="pinning">
      {address.value.root === null ? <p>Without a root from elsewhere, this registry <strong>vouches for itself</strong>: it is consistent, and could still be somebody else's. Ask a member for the digest that <code>refmark trust show</code> prints, over another channel than this site.</p>
        : <p>The link pins <Id id={address.value.root} what="pinned root" />. It is worth as much as the channel that the link came by.</p>}
      <form class="inline-form" onSubmit={(event) => { event.preventDefault(); if (ok) go(print({ ...address.value, at: opened.value?.head ?? null, root: text.trim().startsWith("sha256:") ? text.trim() : `sha256:${text.trim()}` })); }}>
        <label class="grow">Root <input value={text} spellcheck={false} autocomplete="off" placeholder="sha256:…" onInput={(event) => set(event.currentTarget.value)} /></label>
        <button type="submit" class="button" disabled={!ok}>Verify against it</button>
      </form>
      {claimed && <p class="soft">This place itself names <code>{claimed}</code> <Badge tone="dotted">no pin</Badge></p>}
      {standing.value === "verified" && <><h3>A link for next time</h3><p class="soft">It carries your root and this commit, and says so where history was rewritten since.</p><Code label="Link with root and head" text={link} /></>}
    </Section>
  );
}
