// The first screen at a glance: what is unsafe now, what waits for whom, what changed last.
import { useAnswer } from "../app/ask.ts";
import { href, rows, rowsChanged } from "../app/state.ts";
import { count, day } from "../app/words.ts";
import type { ModelRow } from "../protocol.ts";
import { AliasBadge, To } from "./bits.tsx";
import { Marks, VersionRef } from "./marks.tsx";

/** So many lines a tile has. */
const LINES = 5;

export function Overview() {
  return <div class="overview"><UnsafeTile /><NewestTile /><WaitingTile /><ChangesTile /></div>;
}

/** What aliases hold and nobody should take. */
function UnsafeTile() {
  const all = rowsChanged.value >= 0 ? rows.list : [];
  const held = all.flatMap((row) => (row.marked ?? []).map((mark) => ({ mark, aliases: row.aliases.filter(([, version]) => version === mark.version).map(([alias]) => alias) })));
  return (
    <section class={held.length > 0 ? "tile bad" : "tile"} aria-labelledby="unsafe-now">
      <h2 id="unsafe-now"><To to={{ screen: "unsafe" }}>Unsafe now</To></h2>
      {held.length === 0 ? <p class="soft">No alias holds a version that is revoked, untrusted or retired.</p> : (
        <ul>{held.slice(0, LINES).map(({ mark, aliases }) => <li key={`${mark.model}/${mark.version}`}><To to={{ screen: "version", model: mark.model, version: String(mark.version) }}>{mark.model}/{mark.version}</To><Marks of={mark} /> behind {aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}</li>)}</ul>
      )}
      {held.length > LINES && <p class="soft">and {(held.length - LINES).toLocaleString("en")} more</p>}
    </section>
  );
}

/** The newest version of the models that changed last. */
function NewestTile() {
  const all = rowsChanged.value >= 0 ? rows.list : [];
  const newest: ModelRow[] = [];
  // One pass: there may be a hundred thousand.
  for (const row of all) {
    if (newest.length === LINES && (row.updated ?? "") <= (newest[LINES - 1]?.updated ?? "")) continue;
    newest.push(row);
    newest.sort((a, b) => ((a.updated ?? "") < (b.updated ?? "") ? 1 : -1));
    newest.length = Math.min(newest.length, LINES);
  }
  return (
    <section class="tile" aria-labelledby="newest">
      <h2 id="newest">Newest versions</h2>
      <ul>{newest.map((row) => <li key={row.model}><VersionRef model={row.model} version={row.versions} /> <span class="soft">{row.updated === null ? "" : day(row.updated)}</span></li>)}</ul>
    </section>
  );
}

/** Proposals that are open. */
function WaitingTile() {
  const asked = useAnswer("proposals", []);
  const open = asked.state === "told" ? asked.answer.filter((it) => !it.landed) : [];
  return (
    <section class="tile" aria-labelledby="waits">
      <h2 id="waits"><To to={{ screen: "proposals" }}>Waiting</To></h2>
      {asked.state === "told" && open.length === 0 && <p class="soft">Nobody proposes anything.</p>}
      <ul>{open.slice(0, LINES).map((it) => <li key={it.ref}><To to={{ screen: "proposal", name: it.name }}>{it.commit.message.split("\n")[0] || it.name}</To> <span class="soft">{day(it.commit.time)}</span></li>)}</ul>
      {open.length > LINES && <p class="soft">and {count(open.length - LINES, "proposal")} more</p>}
    </section>
  );
}

/** The newest moves of aliases. */
function ChangesTile() {
  const asked = useAnswer("recent", [LINES]);
  return (
    <section class="tile" aria-labelledby="changes">
      <h2 id="changes"><To to={{ screen: "activity" }}>What changed</To></h2>
      {asked.state === "told" && asked.answer.length === 0 && <p class="soft">No alias has moved yet.</p>}
      <ul>{asked.state === "told" && asked.answer.map((move) => (
        <li key={`${move.model}@${move.alias}#${move.sequence}`}><a href={href({ screen: "alias", model: move.model, alias: move.alias })}>{move.model}@{move.alias}</a> → {move.to ? <VersionRef model={move.model} version={move.to.version} text={String(move.to.version)} /> : "nothing"} <span class="soft">{day(move.landed ?? move.time)} by {move.by}</span></li>
      ))}</ul>
    </section>
  );
}
