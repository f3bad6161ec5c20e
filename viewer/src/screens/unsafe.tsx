// What nobody should use now, and who still does: revoked, deleted, tainted, quarantined, past its sunset.
import type { SearchRow, Sunset } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { rows, rowsChanged } from "../app/state.ts";
import { count } from "../app/words.ts";
import { AliasBadge, Empty, Heading, Section, To, Told } from "../parts/bits.tsx";
import { Marks } from "../parts/marks.tsx";
import { Day } from "./sunset.tsx";

const STATES = [["revoked", "Revoked"], ["deleted", "Deleted"], ["quarantined", "Quarantined"], ["acquired", "Not looked at yet"]] as const;

export function UnsafeNow() {
  return (
    <>
      <Heading title="Unsafe now" tab="Unsafe now"><p class="lead">What nobody should use, as of the commit shown, and which aliases and projects still name it.</p></Heading>
      <Held />
      {STATES.map(([state, title]) => <InState key={state} state={state} title={title} />)}
      <PastSunset />
    </>
  );
}

/** What is behind an alias comes first: somebody who follows the alias is told of it by nothing else. */
function Held() {
  const all = rowsChanged.value >= 0 ? rows.list : [];
  const held = all.flatMap((row) => (row.marked ?? []).map((mark) => ({ mark, aliases: row.aliases.filter(([, version]) => version === mark.version) })));
  return (
    <Section title="Behind an alias" id="held">
      {held.length === 0 ? <Empty title="No alias holds anything unsafe" /> : <ul class="hits">{held.map(({ mark, aliases }) => (
        <li key={`${mark.model}/${mark.version}`}><To to={{ screen: "version", model: mark.model, version: String(mark.version) }}>{mark.model}/{mark.version}</To><Marks of={mark} /> {aliases.map(([alias]) => <To key={alias} to={{ screen: "alias", model: mark.model, alias }} class="badge-link"><AliasBadge alias={alias} /></To>)}</li>
      ))}</ul>}
    </Section>
  );
}

function InState({ state, title }: { readonly state: string; readonly title: string }) {
  const asked = useAnswer("search", ["", [`trust:${state}`]]);
  if (asked.state === "told" && asked.answer.length === 0) return null;
  return (
    <Section title={title} id={state}>
      <Told asked={asked} lines={2} title="This cannot be told">{(found) => <ul class="hits">{found.map((it) => <Row key={`${it.model}/${it.version}`} it={it} />)}{found.length === 50 && <li class="soft">The first 50 are shown; the search has the others: <code>trust:{state}</code></li>}</ul>}</Told>
    </Section>
  );
}

function Row({ it }: { readonly it: SearchRow }) {
  const words = useAnswer("versionWords", [`${it.model}/${it.version}`]);
  const users = words.state === "told" ? words.answer.consumers : [];
  return <li><To to={{ screen: "version", model: it.model, version: String(it.version) }}>{it.model}/{it.version}</To><Marks of={it} /> {it.aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)} <span class="soft">{users.length > 0 ? `used by ${users.map((user) => user.project ?? user.id).join(", ")}` : "no project said that it uses it"}</span></li>;
}

function PastSunset() {
  const asked = useAnswer("sunset", []);
  return (
    <Told asked={asked} lines={2} title="What is retired cannot be told">{({ versions }) => {
      const past = versions.filter((it: Sunset) => it.days_left !== null && it.days_left < 0);
      return past.length === 0 ? null : <Section title="Past its last day" id="past"><ul class="hits">{past.map((it) => <li key={`${it.model}/${it.version}`}><To to={{ screen: "version", model: it.model, version: String(it.version) }}>{it.model}/{it.version}</To> <Day it={it} /> <span class="soft">{it.consumers.length > 0 ? `still used by ${it.consumers.join(", ")}` : `${count(it.aliases.length, "alias", "aliases")} still name it`}</span></li>)}</ul></Section>;
    }}</Told>
  );
}
