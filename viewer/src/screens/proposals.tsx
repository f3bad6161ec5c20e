// Branches beside the registry's own: what each would change, judged against the commit shown.
import type { MoveReview, Review, RulesReview, VersionReview } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { opened } from "../app/state.ts";
import { bytes, count, span } from "../app/words.ts";
import { Badge, Code, DecisionBadge, Empty, Facts, Heading, Icon, Id, Section, To, Told, TrustBadge, Waiting, When, Words } from "../parts/bits.tsx";
import { Difference, More } from "../parts/difference.tsx";
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
      {review.changes.items.map((move, at) => <Move key={move.path} move={move} id={`move-${at}`} />)}
      {review.rules.map((rules) => <Rules key={rules.statement} rules={rules} />)}
      {review.versions.items.length > 0 && <Section title="New versions" id="versions"><ul class="changes">{review.versions.items.map((it) => <NewVersion key={`${it.model}/${it.version}`} it={it} />)}</ul><More listed={review.versions} what="version" /></Section>}
      {review.records.items.length > 0 && <Section title="Other records" id="records"><ul class="changes">{review.records.items.map((it) => <li key={it.path}>{it.says} <span class="soft">by {it.by}</span>{it.effect ? null : <> <Badge tone="warn">without effect</Badge></>}</li>)}</ul><More listed={review.records} what="record" /></Section>}
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
    <Section title={`${rules.kind === "root" ? "Trust root" : "Policy"} ${rules.number}`} id={`rules-${rules.statement}`} aside={rules.effect ? null : <Badge tone="warn">without effect</Badge>}>
      {rules.reason && <p class="quote">{rules.reason}</p>}
      <p class="soft">by {rules.by}, <When time={rules.time} /> · {count(rules.signatures, "signature")} · statement <Id id={rules.statement} what="statement's digest" /></p>
      <ul class="changes">{rules.changes.items.map((it) => <li key={it}>{it}</li>)}</ul>
      <More listed={rules.changes} what="change" />
      {rules.lines_added.count + rules.lines_removed.count > 0 && (
        <details><summary>Its text: {rules.lines_added.count} added and {count(rules.lines_removed.count, "removed line", "removed lines")}</summary>
          <ul class="changes">
            {rules.lines_removed.items.map((line, at) => <li key={`-${at}`}><code>− {line}</code></li>)}
            {rules.lines_added.items.map((line, at) => <li key={`+${at}`}><code>+ {line}</code></li>)}
          </ul>
        </details>
      )}
    </Section>
  );
}

function NewVersion({ it }: { readonly it: VersionReview }) {
  const { model, version } = it;
  return (
    <li>
      <To to={{ screen: "version", model, version: String(version) }}>{model}/{version}</To> <span class="soft">by {it.by}, <When time={it.time} /></span>
      {it.package && <> · {it.package.type}, {it.package.format}, {bytes(it.package.size)} in {count(it.package.files, "file")}: {it.package.classes}{it.package.manifest_is === "claimed" ? " (claimed)" : ""} <TrustBadge trust={it.package.trust} /></>}
      {!it.effect && <> <Badge tone="warn">without effect</Badge></>}
    </li>
  );
}

function Move({ move, id }: { readonly move: MoveReview; readonly id: string }) {
  return (
    <>
      <Section title={move.change} id={id} aside={<DecisionBadge decision={move.decision} />}>
        {move.reason && <p class="quote">{move.reason}</p>}
        <p class="soft">proposed by {move.by}, <When time={move.time} /> · statement <Id id={move.statement} what="statement's digest" /></p>
        {move.held && <p>Version {move.held.version} has held it for {span(new Date(0).toISOString(), new Date(move.held.seconds * 1000).toISOString())}, by {move.held.by}{move.held.rollbacks > 0 ? `; ${count(move.held.rollbacks, "rollback")} so far` : ""}.</p>}
        <Signers signers={move.signers} said={move.said} />
        <Gates gates={move.gates} label={`Gates of ${move.change}`} />
        {move.problems.length > 0 && <Problems problems={move.problems} />}
        {move.reach && move.reach.count > 0 && <p>{count(move.reach.count, "project")} pinned to it.</p>}
      </Section>
      {move.diff && <Difference diff={move.diff} id={`${id}-diff`} />}
    </>
  );
}
