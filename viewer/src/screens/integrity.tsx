// What was checked, against what, and what was not. The one screen that an auditor reads to the end.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { address, again, ask, go, listing, opened, progress, shownHead, standing, stop, unverifiable, verified } from "../app/state.ts";
import { print } from "../app/route.ts";
import { count, figure } from "../app/words.ts";
import { Badge, Code, Facts, FailureBox, Heading, Icon, Id, Name, Section, When } from "../parts/bits.tsx";
import type { Opened } from "../protocol.ts";
import { Problems } from "../parts/problems.tsx";
import { STANDINGS, toneOf } from "../parts/standing.tsx";

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
      <div class={`verdict ${toneOf(now)}`}><Icon name={STANDINGS[now].icon} /><div><p class="verdict-title">{title}</p><p>{words}</p>{address.value.faults.map((fault) => <p key={fault}><strong>{fault}</strong></p>)}</div></div>
      {now === "verifying" && <Progress />}
      {unverifiable.value && <FailureBox failure={unverifiable.value} title="The verification could not be finished" />}
      <Section title="What was checked" id="checks"><Checks /></Section>
      <Section title="As of" id="as-of"><Facts facts={[
        ["Registry", it && <><Name of={it.name ?? "not read yet"} />{it.id && <> <Id id={it.id} what="registry's id" /></>}</>],
        ["Read from", it && <>{it.kind}, <code><Name of={it.origin} /></code></>],
        ["The registry's branch", it && <code><Name of={it.branch} /></code>],
        ["Commit", it && <><Id id={it.head} what="commit" /> <span class="soft">{LIES[it.lies]}</span></>],
        ["Its time", shownHead.value && <When time={shownHead.value.time} />],
        ["Newest root", told?.report.root && <Id id={told.report.root} what="root's digest" />],
        ["Last good commit", told && told.report.last_good !== told.report.head ? (told.report.last_good ? <Id id={told.report.last_good} what="last good commit" /> : "none") : null],
      ]} /></Section>
      <Pinning />
      {told && told.report.problems.length > 0 && <Section title={told.report.whole ? `${count(told.report.problems.length, "thing")} without effect` : count(told.report.problems.length, "problem")} id="problems">{told.report.whole && <p>These files are on the branch and change nothing of what is shown. Anybody who can push to the branch, and whoever hosts it, could have put them there; the author that a commit names is what the commit says of itself.</p>}<Problems problems={told.report.problems} /></Section>}
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

/** Where the commit shown lies. */
const LIES: Readonly<Record<Opened["lies"], string>> = { newest: "the newest that this place has", behind: "an older one of the branch", "not-landed": "on a proposal, not landed", asked: "" };

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

/** The outcome of what the walk itself looks at. */
function historyMark(): Mark {
  const told = verified.value;
  const stopped = unverifiable.value;
  if (stopped) return standing.value === "damaged" ? "failed" : standing.value === "incomplete" ? "held in part" : "not checked";
  if (told === null) return "under way";
  if (!told.report.whole) return "failed";
  return told.report.verdict === "ok" ? "checked" : "held in part";
}

function Checks() {
  const told = verified.value;
  const it = opened.value;
  const { root, seen, branch, faults } = address.value;
  const busy: Mark = unverifiable.value ? "not checked" : "under way";
  const history = historyMark();
  const wrongRoot = told?.report.problems.some((it) => it.code === "wrong-root") ?? false;
  const pin: Mark = root === null ? "not checked" : told === null ? busy : told.report.pinned && !wrongRoot ? "checked" : "failed";
  const held: Mark = seen === null ? "not checked" : told === null ? busy : told.seen === "not-on-the-chain" ? "failed" : "checked";
  const on: Mark = it === null || it.lies === "asked" ? busy : it.lies === "not-landed" ? "failed" : "checked";
  const commits = told ? `${count(told.report.commits, "commit")}, in ${figure(Number((told.milliseconds / 1000).toFixed(1)))} s` : "every commit of the branch, oldest first";
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="What was checked">
    <table class="plain checks stack">
      <thead><tr><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">How</th></tr></thead>
      <tbody>
        {faults.length > 0 && <Check what="The link" mark="failed">{faults.join("; ")}</Check>}
        <Check what="History and signatures" mark={history}>{commits}: each record's form, place, signature, author's right, gates and approvals{unverifiable.value && <>. <strong>{unverifiable.value.message}</strong></>}{told?.report.whole && told.report.verdict !== "ok" ? `. ${count(told.report.problems.length, "thing")} on this branch ${told.report.problems.length === 1 ? "has" : "have"} no effect: see below` : ""}</Check>
        <Check what="Git objects" mark={told ? "checked" : history === "failed" ? "failed" : busy}>{told ? `${count(told.objects, "object")} came with it; each that was read was hashed, and is what its id says` : history === "failed" ? "one of them is not what its id says" : "each that is read is hashed"}</Check>
        <Check what="The branch" mark={on}>{it === null ? "" : it.lies === "not-landed" ? <>the commit shown is not on <code><Name of={it.branch} /></code>: it is asked for, and not landed</> : <>the commit shown is on <code><Name of={it.branch} /></code>{branch === null ? ", which is what this place says is the registry" : ", which the link names"}</>}</Check>
        <Check what="The root" mark={pin}>{root === null ? "the link names no root: there is only the site's own word for it" : told === null ? <>the root in this link is <Id id={root} what="root in the link" /></> : pin === "failed" ? <>the registry does not start from the root in this link, <Id id={root} what="root in the link" /></> : <>the registry starts from the root in this link, <Id id={root} what="root in the link" /></>}</Check>
        <Check what="The head in this link" mark={held}>{seen === null ? "the link names no head that was seen before" : told === null ? <>commit <Id id={seen} what="head in the link" /></> : told.seen === "not-on-the-chain" ? <>commit <Id id={seen} what="head in the link" /> is not in this history: it was rewritten, or this is older than what was seen</> : told.seen === "newer" ? <>commit <Id id={seen} what="head in the link" /> is later on the same branch than the commit shown: you look at an older state, and nothing was taken back</> : <>commit <Id id={seen} what="head in the link" /> is in this history, so nothing that was seen then was taken back</>}</Check>
        <BeforeRow />
        <ListingRow />
        <ClaimsRow />
        <Check what="Files' bytes" mark="not checked">{it?.carriesBlobs ? "they are here, and are hashed only when somebody asks for them" : "they are not part of this site; their digests are signed"}</Check>
      </tbody>
    </table>
    </div>
  );
}

/** What this browser verified before: it notices what no link says. */
function BeforeRow() {
  const told = verified.value;
  const before = told?.before;
  if (!told) return null;
  if (!before) return <Check what="What this browser saw before" mark="not checked">nothing of this registry: this is the first time, and it is remembered from now on</Check>;
  return (
    <Check what="What this browser saw before" mark={before.kept ? "checked" : "failed"}>
      commit <Id id={before.head} what="commit verified before" />, on <When time={before.time} />{before.kept ? " is in this history: nothing was taken back since" : <> is not in this history: it was rewritten, or this is an older copy. <button type="button" class="link" onClick={() => void ask("forget").then(again)}>Forget what was seen</button></>}{before.root !== null && address.value.root === null && <>. The link names no root, so it was held to the one of that time, <Id id={before.root} what="root of that time" />: {told.report.pinned ? "it is the same" : "it is another"}</>}
    </Check>
  );
}

/** The place's own table of models, where it carries one. */
function ListingRow() {
  const it = listing.value;
  const what = "The site's list of models";
  if (it === null) return opened.value?.claims ? <Check what={what} mark={unverifiable.value ? "not checked" : "under way"}>it is shown until the history was verified, and marked so</Check> : null;
  const counts = `${count(it.models, "model")} and ${count(it.versions, "version")}, field by field`;
  switch (it.state) {
    case "none": return null;
    case "unreadable": return <Check what={what} mark="failed">it cannot be read, and nothing of it is shown</Check>;
    case "of another commit": return <Check what={what} mark="not checked">it is of another commit than the one shown, and nothing of it is shown</Check>;
    case "under way": return <Check what={what} mark={it.lies > 0 ? "failed" : "under way"}>{count(it.models, "model")} compared; their versions are being compared{it.first && <>. <strong>{it.first}</strong></>}</Check>;
    case "compared": return it.lies > 0 ? <Check what={what} mark="failed">{counts}: {count(it.lies, "row")} differ from what was verified. <strong>{it.first}</strong>. What was verified is shown</Check> : <Check what={what} mark="checked">{counts}: the same as what took effect</Check>;
  }
}

/** What a `site.json` says of the registry: nothing of it is shown, and it is held against the signed root. */
function ClaimsRow() {
  const it = opened.value;
  if (!it?.claims || it.id === null) return null;
  const same = it.claims.id === it.id && it.claims.name === it.name;
  return <Check what="The site's word for itself" mark={same ? "checked" : "failed"}>{same ? "site.json has the name and id of the registry's first root" : <>site.json calls it <Name of={it.claims.name} /> ({it.claims.id.slice(0, 12)}); its first root says <Name of={it.name ?? "nothing"} /> ({it.id.slice(0, 12)}), and that is what is shown</>}</Check>;
}

function Check({ what, mark, children }: { readonly what: string; readonly mark: Mark; readonly children: ComponentChildren }) {
  const [look, icon] = MARKS[mark];
  return <tr><th scope="row">{what}</th><td><span class={`mark ${look}`}><Icon name={icon} /> {mark}</span></td><td>{children}</td></tr>;
}

/** A pin is worth something only where it came from elsewhere. */
function Pinning() {
  const [text, set] = useState(address.value.root ?? "");
  const ok = /^(sha256:)?[0-9a-f]{64}$/.test(text.trim());
  const claimed = opened.value?.claims?.root ?? null;
  const link = `${location.href.split("#")[0]}${print({ ...address.value, screen: { screen: "models" }, at: null, seen: opened.value?.head ?? null, branch: opened.value?.branch ?? null, query: {}, faults: [] })}`;
  return (
    <Section title="The root in this link" id="pinning">
      {address.value.root === null ? <p>Without a root from elsewhere, there is <strong>only this registry's own word</strong>: it is consistent, and could still be somebody else's. Ask a member for the digest that <code>refmark trust show</code> prints, over another channel than this site.</p>
        : <p>This link names <Id id={address.value.root} what="root in the link" />. That is worth as much as the channel by which the link came: whoever made the link chose the root.</p>}
      <form class="inline-form" onSubmit={(event) => { event.preventDefault(); if (ok) go(print({ ...address.value, at: opened.value?.head ?? null, faults: [], root: text.trim().startsWith("sha256:") ? text.trim() : `sha256:${text.trim()}` })); }}>
        <label class="grow">Root <input value={text} spellcheck={false} autocomplete="off" placeholder="sha256:…" onInput={(event) => set(event.currentTarget.value)} /></label>
        <button type="submit" class="button" disabled={!ok}>Verify against it</button>
      </form>
      {claimed && <p class="soft">This place itself names <code>{claimed}</code> <Badge tone="dotted">no pin</Badge></p>}
      {standing.value === "verified" && <><h3>A link for next time</h3><p class="soft">It carries the root, the branch and this commit, and says so where history was rewritten since.</p><Code label="Link with root and head" text={link} /></>}
    </Section>
  );
}
