// The models: every one of them, found by typing.
import { useSignal } from "@preact/signals";
import { useAnswer, useLatest } from "../app/ask.ts";
import { address, href, opened, order as inOrder, replaceQuery, rows, rowsChanged, rowsKnown } from "../app/state.ts";
import { queryOf } from "../app/query.ts";
import { count, day } from "../app/words.ts";
import { AliasBadge, Empty, FailureBox, Heading, Icon, Name, Section, StageBadge, To, Waiting } from "../parts/bits.tsx";
import { Marks } from "../parts/marks.tsx";
import { Overview } from "../parts/overview.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { ModelRow, SortKey } from "../protocol.ts";

const SORTS: readonly SortKey[] = ["model", "owner", "versions", "updated"];

const COLUMNS: readonly Column<ModelRow>[] = [
  { key: "model", title: "Model", width: "32%", narrow: "46%", cell: (row) => row.model },
  { key: "aliases", title: "Aliases", width: "34%", narrow: "auto", cell: (row) => <Aliases row={row} /> },
  { key: "versions", title: "Versions", width: "7rem", room: "wider", end: true, cell: (row) => row.versions.toLocaleString("en") },
  { key: "owner", title: "Owner", width: "16%", room: "wide", cell: (row) => (row.owner === null ? <span class="soft">none</span> : <Name of={row.owner} />) },
  { key: "updated", title: "Updated", width: "8.5rem", end: true, room: "wide", cell: (row) => (row.updated ? day(row.updated) : "") },
];

/** What is live comes first, and what is bad before everything; where the window is narrow the others are a number. */
function Aliases({ row }: { readonly row: ModelRow }) {
  const mark = new Map((row.marked ?? []).map((it) => [it.version, it]));
  const weight = ([alias, version]: readonly [string, number]) => (mark.has(version) ? 2 : 0) + (alias === "champion" ? 1 : 0);
  const ordered = [...row.aliases].sort((a, b) => weight(b) - weight(a));
  const bad = (row.marked ?? []).length;
  return (
    <span class="aliases">
      {ordered.map(([alias, version], at) => <span key={alias} class={at > 0 && !mark.has(version) ? "wide" : ""}><AliasBadge alias={alias} /> {version}<Marks of={mark.get(version)} /></span>)}
      {ordered.length > Math.max(1, bad) && <span class="narrow soft">+{ordered.length - Math.max(1, bad)}</span>}
    </span>
  );
}

export function Models() {
  const { q = "", sort = "model", down = "" } = address.value.query;
  const by = SORTS.includes(sort as SortKey) ? (sort as SortKey) : "model";
  const order = useSignal<Uint32Array | null>(null);
  const changed = rowsChanged.value;
  useLatest(async (wanted) => {
    // Where there is none, the place could not be opened, and an event says so.
    const { text: words, filters, alias } = queryOf(q);
    const answer = await inOrder({ text: filters.length > 0 && words === "" && alias === null ? "" : `${words} ${alias ?? ""}`, by, down: down !== "" }).catch(() => null);
    if (answer !== null && wanted()) order.value = answer;
  }, [q, by, down, changed]);

  const list = order.value;
  const known = rowsKnown.value;
  return (
    <>
      <Heading title="Models" tab={opened.value?.name ?? "Models"}>
        <p class="lead">{known ? count(rows.total, "model") : "Reading the registry"} {opened.value?.name && <>in <strong><Name of={opened.value.name} /></strong></>}. Which is live, what it came from and who agreed is behind each name.</p>
      </Heading>
      {q === "" && known && rows.total > 0 && <Overview />}
      <Finder text={q} found={list?.length ?? null} />
      {!known || list === null ? <Waiting lines={8} /> : list.length > 0 ? (
        <Table label="Models" columns={COLUMNS} length={list.length} row={(at) => rows.list[list[at] ?? 0]} id={(row) => row.model}
          link={(row) => href({ screen: "model", model: row.model })}
          sorting={{ by, down: down !== "", keys: SORTS, sort: (key) => replaceQuery({ sort: key, down: by === key && down === "" ? "1" : "" }) }} />
      ) : rows.total === 0
        ? <Empty title="No model yet"><p>The first one comes with</p><pre><code>refmark register sentiment out/ --metric f1=0.91</code></pre></Empty>
        : <Empty title={`No model's name, owner or alias has “${q}”`}><p class="soft">Descriptions, cards and metrics are looked through below.</p></Empty>}
      {q.trim().length > 2 && <Hits text={q} />}
      {q === "" && known && rows.total > 0 && <p class="soft filters">Filters: <code>stage:production</code> <code>trust:revoked</code> <code>tag:KEY=VALUE</code> <code>{"metric:f1>=0.9"}</code> <code>@champion</code>, or a digest.</p>}
    </>
  );
}

function Finder({ text, found }: { readonly text: string; readonly found: number | null }) {
  return (
    <form class="finder" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="field"><Icon name="search" /><span class="hidden">Search models</span>
        <input id="search" type="search" value={text} placeholder="Name, owner, alias or words of a card" autocomplete="off" spellcheck={false} onInput={(event) => replaceQuery({ q: event.currentTarget.value })} />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <p class="soft" role="status">{text !== "" && found !== null ? `${found.toLocaleString("en")} found` : ""}</p>
    </form>
  );
}

/** Versions whose description, card, tags or files have the words, and that the filters let through. */
function Hits({ text }: { readonly text: string }) {
  const { text: words, filters, alias } = queryOf(text);
  const asked = useAnswer("search", words.length > 2 || filters.length > 0 || alias !== null ? [words, filters] : null);
  if (asked.state === "refused" && filters.length > 0) return <FailureBox failure={asked.failure} title="This is no filter" />;
  if (asked.state !== "told") return null;
  const hits = asked.answer.filter((hit) => alias === null || hit.aliases.includes(alias));
  if (hits.length === 0) return filters.length > 0 || alias !== null ? <p class="soft">No version fits.</p> : null;
  return (
    <Section title="In versions" id="hits">
      <ul class="hits">
        {hits.slice(0, 50).map((hit) => (
          <li key={`${hit.model}/${hit.version}`}>
            <To to={{ screen: "version", model: hit.model, version: String(hit.version) }}>{hit.model}/{hit.version}</To> {hit.stage !== "retired" && hit.stage !== "archived" && <StageBadge stage={hit.stage} />}<Marks of={hit} />
            <span class="soft"> {hit.matched.length > 0 && `${[...new Set(hit.matched.map((match) => match.field))].join(", ")}: `}{(hit.matched[0]?.value ?? hit.description ?? "").slice(0, 120)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
