// Branches beside the registry's own: what each would change, judged against the commit shown.
import type { Attention, Decision, EvidenceReview, Listed, MoveReview, Review, RulesReview, VersionReview } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { opened } from "../app/state.ts";
import { bytes, count, span } from "../app/words.ts";
import { Badge, Code, DecisionBadge, Empty, Facts, Heading, Icon, Id, Out, Section, To, Told, TrustBadge, Waiting, When, Words } from "../parts/bits.tsx";
import { Difference, Finding, More, TextLines } from "../parts/difference.tsx";
import { Gates, Signers } from "../parts/gates.tsx";
import { Problems } from "../parts/problems.tsx";
import type { Proposal } from "../protocol.ts";

export function Proposals() {
  const asked = useAnswer("proposals", []);
  return (
    <>
      <Heading title="Proposals" tab="Proposals"><p class="lead">Changes that somebody asked for on a branch. None of them has effect before it lands on <code>{opened.value?.branch}</code>.</p></Heading>
      <Told asked={asked}>{(all) => {
        const [open, landed] = [all.filter((it) => !it.landed), all.filter((it) => it.landed)];
        return (
          <>
            {open.length === 0 ? <Empty title="Nobody proposes anything"><p class="soft">A proposal is a branch: <code>refmark promote sentiment@champion 4 --propose</code></p></Empty>
              : <ul class="cards">{open.slice(0, 100).map((it) => <OpenProposal key={it.ref} proposal={it} />)}</ul>}
            {landed.length > 0 && <Section title={`${landed.length} landed`} id="landed"><ul class="quiet-list">{landed.slice(0, 100).map((it) => <li key={it.ref}><To to={{ screen: "proposal", name: it.name }}>{it.name}</To> <span class="soft">{it.commit.message.split("\n")[0]} · <When time={it.commit.time} /></span></li>)}</ul></Section>}
          </>
        );
      }}</Told>
    </>
  );
}

function OpenProposal({ proposal }: { readonly proposal: Proposal }) {
  const review = useAnswer("review", [opened.value?.head ?? "", proposal.head]);
  return (
    <li class="tile">
      <h2 class="tile-title"><To to={{ screen: "proposal", name: proposal.name }}>{review.state === "told" ? review.answer.title : proposal.name}</To></h2>
      {review.state === "told" && <p><DecisionBadge decision={review.answer.verdict} /> {review.answer.summary}</p>}
      {review.state === "waiting" && <Waiting lines={1} />}
      {review.state === "refused" && <p><Badge tone="bad">cannot be judged</Badge> {review.failure.message}</p>}
      <p class="soft"><code>{proposal.name}</code> · <When time={proposal.commit.time} /></p>
    </li>
  );
}

export function ProposalScreen({ name }: { readonly name: string }) {
  const all = useAnswer("proposals", []);
  return (
    <Told asked={all} lines={8}>{(list) => {
      const proposal = list.find((it) => it.name === name);
      if (!proposal) return <><Heading title={name} tab={name} above={<To to={{ screen: "proposals" }}>Proposals</To>} /><Empty title="There is no branch of this name here"><p class="soft">It may have been deleted after it landed, or this is another export.</p></Empty></>;
      return <Judged key={proposal.head} proposal={proposal} />;
    }}</Told>
  );
}

/** A landed proposal is compared with the commit before it, an open one with the commit shown. */
function Judged({ proposal }: { readonly proposal: Proposal }) {
  const base = proposal.landed ? (proposal.commit.parents[0] ?? proposal.head) : (opened.value?.head ?? "");
  const asked = useAnswer("review", [base, proposal.head]);
  return (
    <>
      <Heading title={asked.state === "told" ? asked.answer.title : proposal.name} tab={proposal.name} above={<To to={{ screen: "proposals" }}>Proposals</To>}>
        <p class="soft"><code>{proposal.name}</code> at <Id id={proposal.head} what="commit" /></p>
      </Heading>
      <Told asked={asked} lines={10} title="This proposal cannot be judged">{(review) => <ReviewPage review={review} landed={proposal.landed} />}</Told>
    </>
  );
}

function ReviewPage({ review, landed }: { readonly review: Review; readonly landed: boolean }) {
  const { commands } = review;
  return (
    <>
      <div class={`verdict ${review.verdict === "ok" ? "good" : review.verdict === "pending" ? "warn" : "bad"}`}>
        <Icon name={review.verdict === "ok" ? "check" : review.verdict === "pending" ? "wait" : "cross"} />
        <p><DecisionBadge decision={review.verdict} /> <strong>{review.summary}</strong>{landed && <span class="soft"> · landed</span>}</p>
      </div>
      <NeedsAttention all={review.attention} />
      {alone(review).map((move, at) => <Move key={move.path} move={move} others={withIt(review, move.path)} id={`move-${at}`} />)}
      {review.rules.map((rules) => <Rules key={rules.statement} rules={rules} />)}
      {review.versions.items.length > 0 && <Section title="New versions" id="versions">{review.versions.items.map((it) => <NewVersion key={`${it.model}/${it.version}`} it={it} came={withIt(review, it.path)} />)}<More listed={review.versions} what="version" /></Section>}
      {review.records.items.length > 0 && <Section title="Other records" id="records"><ul class="changes">{review.records.items.map((it) => <li key={it.path}>{it.evidence ? <Piece it={it.evidence} /> : <>{it.says} <span class="soft">by {it.by}</span></>}<Effect decision={it.decision} /></li>)}</ul><More listed={review.records} what="record" /></Section>}
      {review.problems.length > 0 && <Section title="What stands in the way" id="problems"><Problems problems={review.problems} /></Section>}
      {review.companions.items.length > 0 && <Section title="Files that carry no authority" id="companions"><ul class="changes">{review.companions.items.map((it) => <li key={it.path}><code>{it.path}</code> <span class="soft">{it.what}</span>{it.steers_the_forge && <> <Badge tone="warn">steers the forge</Badge></>}</li>)}</ul><More listed={review.companions} what="file" /></Section>}
      {review.inert.items.length > 0 && <details><summary>{count(review.inert.count, "file")} without effect as it stands</summary><Problems problems={review.inert.items} /></details>}
      {!landed && <Section title="What to do next" id="next">
        <Methods methods={review.methods} />
        <div class="pins">
          {commands.approve && <div><h3>Approve</h3><Code label="Command to approve" text={commands.approve} /></div>}
          {commands.renew && <div><h3>Make it again on what stands</h3><Code label="Command to renew" text={commands.renew} /></div>}
          <div><h3>Check it yourself</h3><Code label="Command to check it" text={commands.check} /></div>
          {commands.roll_back && <div><h3>Go back afterwards</h3><Code label="Command to roll back" text={commands.roll_back} />{commands.roll_back_by && <p class="soft"><Words text={commands.roll_back_by} /></p>}</div>}
        </div>
      </Section>}
    </>
  );
}

/** What each way of merging comes to; in one sentence where all come to the same. */
function Methods({ methods }: { readonly methods: Review["methods"] }) {
  const outcomes = methods.map((it) => it.verdict);
  if (outcomes.length === 0) return null;
  if (new Set(outcomes).size === 1) return <p>{methods.map((it) => it.method).join(", ")}: every way of merging comes to the same, <DecisionBadge decision={outcomes[0] ?? ""} />.</p>;
  return <Facts facts={methods.map((it, at) => [it.method, <DecisionBadge decision={outcomes[at] ?? ""} />] as const)} />;
}

/** A new policy or root: what it changes, and its text line by line. */
function Rules({ rules }: { readonly rules: RulesReview }) {
  return (
    <Section title={`${rules.kind === "root" ? "Trust root" : "Policy"} ${rules.number}`} id={`rules-${rules.statement}`} aside={<Effect decision={rules.decision} />}>
      {rules.reason && <p class="quote">{rules.reason}</p>}
      <p class="soft">by {rules.by}, <When time={rules.time} /> · {count(rules.signatures, "signature")} · statement <Id id={rules.statement} what="statement's digest" /></p>
      {rules.changes.items.length > 0 && <h3>Who could before, who can now</h3>}
      <ul class="changes">{rules.changes.items.map((it) => <li key={it}>{rules.asks_less.items.includes(it) && <><Badge tone="bad">asks less</Badge> </>}{it}</li>)}</ul>
      <More listed={rules.changes} what="change" />
      {rules.lines_added.count + rules.lines_removed.count > 0 && (
        <TextLines summary={`Its text: ${rules.lines_added.count} added and ${count(rules.lines_removed.count, "removed line", "removed lines")}`} added={rules.lines_added} removed={rules.lines_removed} />
      )}
    </Section>
  );
}

/** What is not in effect says why: it waits, or it is refused. */
function Effect({ decision }: { readonly decision: Decision }) {
  return decision === "ok" ? null : <> <DecisionBadge decision={decision} /></>;
}

/** What a reviewer must see before anything else. */
function NeedsAttention({ all }: { readonly all: Listed<Attention> }) {
  if (all.count === 0) return null;
  return (
    <Section title={`Needs attention (${all.count})`} id="attention">
      <ul class="changes">{all.items.map((it, at) => <li key={at}><Badge tone={it.gravity === "danger" ? "bad" : "warn"}>{it.kind.replaceAll("-", " ")}</Badge> <strong>{it.about}</strong>: {it.says}</li>)}</ul>
      <More listed={all} what="thing" />
    </Section>
  );
}

/** Moves with a place of their own: what they came for may not be among those that are listed. */
function alone(review: Review): readonly MoveReview[] {
  const listed = new Set([...review.changes.items, ...review.versions.items].map((it) => it.path));
  return review.changes.items.filter((it) => !it.shown_with || !listed.has(it.shown_with));
}

function withIt(review: Review, path: string): readonly MoveReview[] {
  return review.changes.items.filter((it) => it.shown_with === path);
}

/** A piece of evidence in a line. */
function Piece({ it }: { readonly it: EvidenceReview }) {
  return <>{it.type}{it.of && <> of <strong>{it.of}</strong></>}: <Badge tone={it.verdict === "pass" ? "good" : it.verdict === "fail" ? "bad" : "plain"}>{it.verdict}</Badge> by {it.by}{it.metrics.length > 0 && <>, {it.metrics.map(([name, value]) => `${name} ${value}`).join(", ")}{it.dataset && ` on ${it.dataset}`}</>}{it.run && <> · <Out url={it.run}>the run</Out></>}{it.summary && <> · {it.summary}</>}</>;
}

function NewVersion({ it, came }: { readonly it: VersionReview; readonly came: readonly MoveReview[] }) {
  const { model, version } = it;
  const known = it.package;
  return (
    <div>
      <p><To to={{ screen: "version", model, version: String(version) }}>{model}/{version}</To> <span class="soft">by {it.by}, <When time={it.time} /></span>
        {known && <> · {known.type}, {known.format}, {bytes(known.size)} in {count(known.files, "file")}: {known.classes}{known.manifest_is === "claimed" ? " (claimed)" : ""} <TrustBadge trust={known.trust} /></>}
        <Effect decision={it.decision} /></p>
      {known && <Known it={known} withFindings={!it.diff} />}
      {came.map((move) => <Gates key={move.path} gates={move.gates} label={`Gates of ${move.change}`} />)}
      {it.diff && <Difference diff={it.diff} id={`version-${model}-${version}`} />}
    </div>
  );
}

/** What the scan found in a package, what it lacks, and what was found out about it. */
function Known({ it, withFindings }: { readonly it: NonNullable<VersionReview["package"]>; readonly withFindings: boolean }) {
  if ((withFindings ? it.findings.count : 0) + it.gaps.length + it.evidence.count === 0) return null;
  return (
    <ul class="changes">
      {withFindings && it.findings.items.map((found, at) => <li key={`f${at}`}><Badge tone="bad">finding</Badge> <Finding it={found} /></li>)}
      {it.gaps.map((gap, at) => <li key={`g${at}`}><Badge tone="bad">not whole</Badge> <code>{gap.path}</code>: {gap.detail}</li>)}
      {it.evidence.items.map((piece, at) => <li key={`e${at}`}><Piece it={piece} /></li>)}
    </ul>
  );
}

/** A move, with those that came for it: one table of gates. */
function Move({ move, others, id }: { readonly move: MoveReview; readonly others: readonly MoveReview[]; readonly id: string }) {
  const all = [move, ...others];
  return (
    <>
      <Section title={move.change} id={id} aside={<DecisionBadge decision={move.decision} />}>
        {move.reason && <p class="quote">{move.reason}</p>}
        <p class="soft">proposed by {move.by}, <When time={move.time} /> · statement <Id id={move.statement} what="statement's digest" /></p>
        {others.map((it) => <p key={it.path}>With it: {it.change}<Effect decision={it.decision} /></p>)}
        {move.held && <p>Version {move.held.version} has held it for {span(new Date(0).toISOString(), new Date(move.held.seconds * 1000).toISOString())}, by {move.held.by}{move.held.rollbacks > 0 ? `; ${count(move.held.rollbacks, "rollback")} so far` : ""}.</p>}
        {all.map((it) => <Signers key={it.path} signers={it.signers} said={it.said} />)}
        <Gates gates={all.flatMap((it) => it.gates)} label={`Gates of ${move.change}`} />
        {all.map((it) => it.problems.length > 0 && <Problems key={it.path} problems={it.problems} />)}
        {move.reach && move.reach.count > 0 && <p>{count(move.reach.count, "project")} pinned to it.</p>}
        {move.package && <Known it={move.package} withFindings={!move.diff} />}
      </Section>
      {move.diff && <Difference diff={move.diff} id={`${id}-diff`} />}
    </>
  );
}
