// One model: what its aliases mean now, its versions, how a metric went, and the newest card.
import { useState } from "preact/hooks";
import type { MoveRow, ShowAnswer, VersionRow } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { address, href, replaceQuery, rows, rowsChanged } from "../app/state.ts";
import { count, day, figure } from "../app/words.ts";
import { AliasBadge, Badge, Empty, Heading, Name, Section, StageBadge, Tags, To, Told, TrustBadge, When } from "../parts/bits.tsx";
import { Card } from "../parts/card.tsx";
import { Chart, type Point } from "../parts/chart.tsx";
import { isUnsafe, Marks, VersionRef } from "../parts/marks.tsx";
import { type Column, Table } from "../parts/table.tsx";

export function Model({ model }: { readonly model: string }) {
  const versions = useAnswer("versions", [model]);
  const moves = useAnswer("newestMoves", [model]);
  return (
    <>
      <Heading title={model} tab={model} above={<To to={{ screen: "models" }}>Models</To>}><Owned model={model} /></Heading>
      <Told asked={versions} lines={8} title={`There is no model ${model} here`}>
        {(rows) => rows.length === 0 ? <Empty title="No version yet"><p>The first one comes with <code>refmark register {model} …</code></p></Empty> : (
          <>
            <Section title="Aliases" id="aliases"><Told asked={moves} lines={2} title="The aliases cannot be told">{(log) => <Aliases model={model} moves={log} />}</Told></Section>
            <div class="beside">
              <Versions model={model} versions={rows} />
              <NewestCard model={model} version={(rows.find((row) => row.aliases.includes("champion")) ?? rows[0])?.version ?? 1} />
            </div>
          </>
        )}
      </Told>
    </>
  );
}

/** Whose it is, as the list of models has it. */
function Owned({ model }: { readonly model: string }) {
  const words = useAnswer("modelWords", [model]);
  const said = words.state === "told" ? words.answer : null;
  const row = rowsChanged.value >= 0 ? rows.list.find((it) => it.model === model) : undefined;
  if (!row) return null;
  return <>{said?.renamed_to && <p class="note warn">It is called <To to={{ screen: "model", model: said.renamed_to }}>{said.renamed_to}</To> now.</p>}{said?.description && <p class="lead">{said.description}</p>}<p class={said?.description ? "soft" : "lead"}>{row.owner === null ? "Nobody is named as its owner" : <>Owned by <strong><Name of={row.owner} /></strong></>}{row.updated && <span class="soft">, last changed on {day(row.updated)}</span>}</p>{said && <Tags tags={said.tags} />}</>;
}

/** The newest move of each alias tells what it means since when, and who moved it. */
function Aliases({ model, moves }: { readonly model: string; readonly moves: readonly MoveRow[] }) {
  if (moves.length === 0) return <p class="soft">No alias points at a version of this model: nothing of it is live by name.</p>;
  return (
    <div class="tiles">
      {[...moves].sort((a, b) => (a.alias === "champion" ? -1 : b.alias === "champion" ? 1 : a.alias < b.alias ? -1 : 1)).map((move) => (
        <article class="tile" key={move.alias}>
          <h3><To to={{ screen: "alias", model, alias: move.alias }}>@{move.alias}</To></h3>
          <p class="tile-value">{move.to ? <VersionRef model={model} version={move.to.version} text={`version ${move.to.version}`} /> : <span class="soft">holds nothing</span>}</p>
          <p class="soft">since <When time={move.landed ?? move.time} /> by {move.by}</p>
          {move.reason && <p class="quote">{move.reason}</p>}
        </article>
      ))}
    </div>
  );
}

/** So many metrics have a column; the others are chosen above the table. */
const COLUMNS = 4;

function columns(metrics: readonly string[]): readonly Column<VersionRow>[] {
  return [
    { key: "version", title: "Version", width: "5.5rem", narrow: "5rem", cell: (row) => row.version },
    { key: "stage", title: "Stage", width: "8rem", narrow: "7.4rem", cell: (row) => <><span class={isUnsafe(row) ? "wide" : ""}><StageBadge stage={row.stage} /></span>{isUnsafe(row) && <span class="narrow"><Marks of={row} /></span>}</> },
    { key: "trust", title: "Trust", width: "8rem", room: "wide", cell: (row) => <><TrustBadge trust={row.trust} />{row.tainted === true && <> <Badge tone="bad">tainted</Badge></>}</> },
    { key: "aliases", title: "Aliases", width: "auto", room: "wide", cell: (row) => <span class="aliases" title={row.aliases.map((alias) => `@${alias}`).join(" ")}>{row.aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}</span> },
    ...metrics.slice(0, COLUMNS).map((name, at): Column<VersionRow> => ({
      ...(at === 0 ? {} : { room: at === 1 ? "wider" as const : "widest" as const }), narrow: "6rem", key: `m-${name}`, title: name, width: `${Math.max(6, Math.min(10, name.length * 0.62 + 1.5))}rem`, end: true,
      cell: (row) => { const value = row.metrics[name]; return value === undefined ? <span class="soft">–</span> : <span title={String(value)}>{figure(value)}</span>; },
    })),
    { key: "release", title: "Release", width: "7rem", room: "wider", cell: (row) => <span title={row.release ?? ""}>{row.release ?? ""}</span> },
    { key: "time", title: "Registered", width: "11rem", room: "widest", cell: (row) => <>{day(row.time)} <span class="soft">by {row.by}</span></> },
  ];
}

/** So many metrics are offered at first, and so many are drawn. */
const [FEW, CHARTS] = [12, 4];
/** The stretches of versions that can be drawn alone. */
const STRETCHES = [0, 20, 100] as const;

/** A drawing a metric, over the same versions, by number or by time. */
function Charts({ names, versions }: { readonly names: readonly string[]; readonly versions: readonly VersionRow[] }) {
  const { axis, last } = address.value.query;
  const byTime = axis === "time";
  const newest = Number(last ?? 0);
  const drawn = newest > 0 ? versions.slice(0, newest) : versions;
  const points = (name: string): Point[] => drawn.flatMap((row) => {
    const value = row.metrics[name];
    return typeof value === "number" ? [{ version: row.version, time: Date.parse(row.time), value, aliases: row.aliases, unsafe: row.tainted === true ? "tainted" : row.trust === "trusted" ? null : row.trust }] : [];
  }).reverse();
  const charts = names.map((name) => ({ name, points: points(name) })).filter((it) => it.points.length > 1);
  if (charts.length === 0) return null;
  return (
    <>
      <div class="chart-tools">
        <button type="button" class="button quiet small" aria-pressed={byTime} onClick={() => replaceQuery({ axis: byTime ? "" : "time" })}>By time</button>
        {STRETCHES.filter((it) => it < versions.length && versions.length > STRETCHES[1]).map((it) => <button key={it} type="button" class="button quiet small" aria-pressed={newest === it} onClick={() => replaceQuery({ last: it === 0 ? "" : String(it) })}>{it === 0 ? "All versions" : `Newest ${it}`}</button>)}
      </div>
      <div class={charts.length > 1 ? "charts" : ""}>{charts.map((it) => <Chart key={it.name} name={it.name} points={it.points} byTime={byTime} />)}</div>
    </>
  );
}

function Versions({ model, versions }: { readonly model: string; readonly versions: readonly VersionRow[] }) {
  const [every, showEvery] = useState(false);
  const names = [...new Set(versions.slice(0, 500).flatMap((row) => Object.keys(row.metrics)))].sort();
  const asked = address.value.query["metrics"]?.split(",").filter((name) => names.includes(name));
  const chosen = asked ?? names.slice(0, 2);
  const charted = chosen.filter((name) => name !== "none").slice(0, CHARTS);
  const choose = (name: string, on: boolean) => replaceQuery({ metrics: (on ? [...chosen, name] : chosen.filter((it) => it !== name)).join(",") || "none" });
  return (
    <Section title={count(versions.length, "version")} id="versions" aside={<Compare model={model} versions={versions} />}>
      {names.length > 0 && (
        <fieldset class="choices"><legend>Metrics, as registered (claims)</legend>
          {(every ? names : names.slice(0, FEW)).map((name) => <label key={name}><input type="checkbox" checked={chosen.includes(name)} onChange={(event) => choose(name, event.currentTarget.checked)} /> <Name of={name} /></label>)}
          {names.length > FEW && <button type="button" class="button quiet small" onClick={() => showEvery(!every)}>{every ? "Fewer" : `All ${names.length}`}</button>}
        </fieldset>
      )}
      <Charts names={charted} versions={versions} />
      <Table label={`Versions of ${model}`} columns={columns(chosen)} length={versions.length} row={(at) => versions[at]} mark={(row) => (isUnsafe(row) ? "unsafe" : "")} id={(row) => String(row.version)}
        link={(row) => href({ screen: "version", model, version: String(row.version) })} />
    </Section>
  );
}

/** Leads to a comparison of what is live with the newest. */
function Compare({ model, versions }: { readonly model: string; readonly versions: readonly VersionRow[] }) {
  if (versions.length < 2) return null;
  const usable = versions.filter((row) => !isUnsafe(row));
  const live = versions.find((row) => row.aliases.includes("champion"));
  const [newest, before] = usable.length > 1 ? usable : versions;
  const [a, b] = live && newest && live.version !== newest.version ? [live.version, newest.version] : [before?.version, newest?.version];
  return <To class="button" to={{ screen: "compare" }} query={{ a: `${model}/${a}`, b: `${model}/${b}` }}>Compare {a} with {b}</To>;
}

function NewestCard({ model, version }: { readonly model: string; readonly version: number }) {
  const asked = useAnswer("show", [`${model}/${version}`]);
  if (asked.state !== "told" || !(asked.answer as ShowAnswer).model_card) return null;
  return <Section title={`Card of version ${version}`} id="card"><Card text={asked.answer.model_card ?? ""} /></Section>;
}
