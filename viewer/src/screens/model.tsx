// One model: what its aliases mean now, its versions, how a metric went, and the newest card.
import type { MoveRow, ShowAnswer, VersionRow } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { address, href, replaceQuery, rows, rowsChanged } from "../app/state.ts";
import { count, day, figure } from "../app/words.ts";
import { AliasBadge, Badge, Empty, Heading, Name, Section, StageBadge, To, Told, TrustBadge, When } from "../parts/bits.tsx";
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
            <Versions model={model} versions={rows} />
            <NewestCard model={model} version={(rows.find((row) => row.aliases.includes("champion")) ?? rows[0])?.version ?? 1} />
          </>
        )}
      </Told>
    </>
  );
}

/** Whose it is, as the list of models has it. */
function Owned({ model }: { readonly model: string }) {
  const row = rowsChanged.value >= 0 ? rows.list.find((it) => it.model === model) : undefined;
  if (!row) return null;
  return <p class="lead">{row.owner === null ? "Nobody is named as its owner" : <>Owned by <strong><Name of={row.owner} /></strong></>}{row.updated && <span class="soft">, last changed on {day(row.updated)}</span>}</p>;
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

function columns(model: string, metrics: readonly string[]): readonly Column<VersionRow>[] {
  return [
    { key: "version", title: "Version", width: "9rem", narrow: "auto", cell: (row) => <>{model.length > 24 ? "" : `${model}/`}{row.version}</> },
    { key: "stage", title: "Stage", width: "8rem", narrow: "7.4rem", cell: (row) => <><span class={isUnsafe(row) ? "wide" : ""}><StageBadge stage={row.stage} /></span>{isUnsafe(row) && <span class="narrow"><Marks of={row} /></span>}</> },
    { key: "trust", title: "Trust", width: "8rem", wide: true, cell: (row) => <><TrustBadge trust={row.trust} />{row.tainted === true && <> <Badge tone="bad">tainted</Badge></>}</> },
    { key: "aliases", title: "Aliases", width: "auto", wide: true, cell: (row) => <span class="aliases">{row.aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}</span> },
    ...metrics.map((name, at): Column<VersionRow> => ({ wide: at > 0, narrow: "4.5rem", key: `m-${name}`, title: name, width: `${Math.max(6, Math.min(11, name.length * 0.62 + 1.5))}rem`, end: true, cell: (row) => (row.metrics[name] === undefined ? <span class="soft">–</span> : figure(row.metrics[name])) })),
    { key: "release", title: "Release", width: "6rem", wide: true, cell: (row) => row.release ?? "" },
    { key: "time", title: "Registered", width: "12rem", wide: true, cell: (row) => <>{day(row.time)} <span class="soft">by {row.by}</span></> },
  ];
}

function Versions({ model, versions }: { readonly model: string; readonly versions: readonly VersionRow[] }) {
  const names = [...new Set(versions.slice(0, 500).flatMap((row) => Object.keys(row.metrics)))].sort();
  const asked = address.value.query["metrics"]?.split(",").filter((name) => names.includes(name));
  const chosen = asked ?? names.slice(0, 2);
  const charted = chosen[0];
  const points: Point[] = charted === undefined ? [] : versions.flatMap((row) => {
    const value = row.metrics[charted];
    return typeof value === "number" ? [{ version: row.version, value, aliases: row.aliases, unsafe: row.tainted === true ? "tainted" : row.trust === "trusted" ? null : row.trust }] : [];
  }).reverse();
  const choose = (name: string, on: boolean) => replaceQuery({ metrics: (on ? [...chosen, name] : chosen.filter((it) => it !== name)).join(",") || "none" });
  return (
    <Section title={count(versions.length, "version")} id="versions" aside={<Compare model={model} versions={versions} />}>
      {names.length > 0 && (
        <fieldset class="choices"><legend>Metrics, as registered (claims)</legend>
          {names.slice(0, 12).map((name) => <label key={name}><input type="checkbox" checked={chosen.includes(name)} onChange={(event) => choose(name, event.currentTarget.checked)} /> {name}</label>)}
        </fieldset>
      )}
      {charted !== undefined && points.length > 1 && <Chart name={charted} points={points} />}
      <Table label={`Versions of ${model}`} columns={columns(model, chosen.slice(0, 4))} length={versions.length} row={(at) => versions[at]} mark={(row) => (isUnsafe(row) ? "unsafe" : "")} id={(row) => String(row.version)}
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
