// Who may do what, in sentences; and why one thing may not be done yet.
import { useLayoutEffect, useState } from "preact/hooks";
import type { Blocked, MemberRow, PolicyAnswer, VersionRow } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { address, replaceQuery, rows, rowsChanged } from "../app/state.ts";
import { Badge, Code, DecisionBadge, Heading, Name, Section, Told, Words } from "../parts/bits.tsx";
import { Gates, Signers } from "../parts/gates.tsx";

export function Policy() {
  const asked = useAnswer("policy", []);
  return (
    <>
      <Heading title="Policy and members" tab="Policy"><p class="lead">Who may do what, and what must hold first. No rule means no.</p></Heading>
      <WhyNot />
      <Told asked={asked} lines={10} title="The policy cannot be told">{(policy) => <Rules policy={policy} />}</Told>
    </>
  );
}

function Rules({ policy }: { readonly policy: PolicyAnswer }) {
  return (
    <>
      <Section title={`Policy ${policy.number}, in sentences`} id="sentences"><Sentences sentences={policy.sentences} /></Section>
      {(policy.warnings?.length ?? 0) > 0 && <Section title="What can never work, or may get lost" id="warnings"><ul class="problems">{policy.warnings?.map((it) => <li key={it.place + it.message}><p><strong>{it.place}</strong>: <Words text={it.message} /></p></li>)}</ul></Section>}
      <Section title="Members" id="members"><Members members={policy.members} /></Section>
      <Section title="The text, as it was signed" id="text"><details><summary>policy/{String(policy.number).padStart(4, "0")}.toml</summary><Code label="The policy's text" text={policy.text} /></details></Section>
    </>
  );
}

/** What the core says of a policy, by what it is about. */
const GROUPS: readonly (readonly [string, RegExp])[] = [["Artifacts: which bytes are handed out", /^An artifact/], ["Versions: how far one has come", /^A version/], ["Aliases: what is live", /^(Alias|Any (other )?alias)/], ["People and agents", /./]];

function Sentences({ sentences }: { readonly sentences: readonly string[] }) {
  const groupOf = (sentence: string) => GROUPS.find(([, starts]) => starts.test(sentence))?.[0];
  return (
    <div class="groups">
      {[...GROUPS].reverse().map(([name]) => {
        const inside = sentences.filter((sentence) => groupOf(sentence) === name);
        return inside.length === 0 ? null : <div key={name}><h3>{name}</h3><ul class="sentences">{inside.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul></div>;
      })}
    </div>
  );
}

function Members({ members }: { readonly members: readonly MemberRow[] }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-labelledby="members">
      <table class="plain stack">
        <thead><tr><th scope="col">Who</th><th scope="col">Roles</th><th scope="col">May by themselves</th><th scope="col">Keys</th></tr></thead>
        <tbody>{members.map((member) => (
          <tr key={member.id}>
            <th scope="row">{member.id}{member.name && <div class="soft"><Name of={member.name} /></div>}</th>
            <td>{member.roles.join(", ")}{member.kind === "agent" && <> <Badge tone="dotted">agent, never approves</Badge></>}{(member.root || member.policy) && <div class="soft">holds a key of the {[member.root && "root", member.policy && "policy"].filter(Boolean).join(" and the ")}</div>}</td>
            <td class="soft" data-of="may">{member.may.join(", ")}</td>
            <td data-of="keys">{member.keys.map((key) => <div key={key}><code title={key}>{key.slice(7, 19)}…</code>{member.distrusted.includes(key) && <> <Badge tone="bad">distrusted</Badge></>}</div>)}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** "Why can't I promote this?" for an alias and a version that are chosen from what is here. */
function WhyNot() {
  const { model = "", alias = "champion", version = "" } = address.value.query;
  const known = rowsChanged.value >= 0 ? rows.list : [];
  const versions = useAnswer("versions", model === "" ? null : [model]);
  const asked = useAnswer("whyNot", model !== "" && version !== "" && alias !== "" ? [`${model}@${alias}`, version] : null);
  const aliases = [...new Set(["champion", "canary", ...(known.find((row) => row.model === model)?.aliases.map(([name]) => name) ?? [])])];
  return (
    <Section title="Why can't I promote this?" id="why-not">
      <form class="inline-form" onSubmit={(event) => event.preventDefault()}>
        <ModelChoice model={model} names={known.slice(0, 1000).map((row) => row.model)} choose={(name) => name !== model && replaceQuery({ model: name, version: "" })} />
        <label>version <select value={version} onChange={(event) => replaceQuery({ version: event.currentTarget.value })}>
          <option value="">choose</option>
          {versions.state === "told" && versions.answer.slice(0, 200).map((row: VersionRow) => <option key={row.version} value={String(row.version)}>{row.version}{row.release ? ` (${row.release})` : ""}, {row.stage}</option>)}
        </select></label>
        <label>to alias <select value={alias} onChange={(event) => replaceQuery({ alias: event.currentTarget.value })}>{aliases.map((name) => <option key={name} value={name}>{name}</option>)}</select></label>
      </form>
      <div aria-live="polite">
        {model !== "" && version !== "" && <Told asked={asked} lines={3} title="This cannot be judged">{({ why_not }) => (why_not ? <BlockedBy blocked={why_not} /> : <p>Nothing stands in the way: it holds it already.</p>)}</Told>}
      </div>
    </Section>
  );
}

function ModelChoice({ model, names, choose }: { readonly model: string; readonly names: readonly string[]; choose(name: string): void }) {
  const [text, set] = useState(model);
  // Before the next letter, which it would take away.
  useLayoutEffect(() => set(model), [model]);
  return (
    <label>Model <input list="model-names" value={text} spellcheck={false} autocomplete="off" placeholder="sentiment"
      onInput={(event) => { set(event.currentTarget.value); if (names.includes(event.currentTarget.value)) choose(event.currentTarget.value); }}
      onChange={(event) => choose(event.currentTarget.value.trim())} />
      <datalist id="model-names">{names.map((name) => <option key={name} value={name} />)}</datalist>
    </label>
  );
}

function BlockedBy({ blocked }: { readonly blocked: Blocked }) {
  return (
    <>
      <p><DecisionBadge decision={blocked.decision} /> <strong>{blocked.change}</strong></p>
      {blocked.moves.length === 0 && <ul class="sentences">{blocked.reasons.map((reason) => <li key={reason}><Words text={reason} /></li>)}</ul>}
      {blocked.moves.map((move) => <div class="because" key={move.change}>{blocked.moves.length > 1 && <h3>{move.change}</h3>}<Signers signers={move.signers} said={[]} /><Gates gates={move.gates} label={`Gates of ${move.change}`} /></div>)}
      {blocked.may_propose.length > 0 && <p class="soft">{blocked.may_propose.join(", ")} may propose it.</p>}
    </>
  );
}
