// One version: how to pin it, what it is, where it came from, who signed for it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Contract, ContractField, Dossier, ShowAnswer } from "refmark-wasm";
import { failureFrom, useAnswer } from "../app/ask.ts";
import type { Relative } from "../protocol.ts";
import { announce, ask, opened, shownHead } from "../app/state.ts";
import { bytes, count, day, figure, text } from "../app/words.ts";
import { AliasBadge, Badge, Code, Contents, Empty, Facts, Heading, Id, Name, Out, Section, StageBadge, Tags, To, Told, TrustBadge, useMore, When } from "../parts/bits.tsx";
import { Card } from "../parts/card.tsx";
import { Gates, Signers } from "../parts/gates.tsx";
import { LineageGraph, type Node, unnamed } from "../parts/graph.tsx";
import { Tensors } from "../parts/tensors.tsx";
import { Day } from "./sunset.tsx";

export function Version({ model, version }: { readonly model: string; readonly version: string }) {
  const reference = `${model}/${version}`;
  const shown = useAnswer("show", [reference]);
  return (
    <>
      <Heading title={reference} tab={reference} above={<><To to={{ screen: "models" }}>Models</To> / <To to={{ screen: "model", model }}>{model}</To></>}>
        {shown.state === "told" && <p class="badges"><StageBadge stage={shown.answer.stage} /> <TrustBadge trust={trustOf(shown.answer)} /> {shown.answer.tainted !== undefined && <Badge tone="bad">tainted</Badge>} {shown.answer.aliases.map((alias) => <To key={alias} to={{ screen: "alias", model, alias }} class="badge-link"><AliasBadge alias={alias} /></To>)}</p>}
      </Heading>
      <Told asked={shown} lines={10} title={`There is no ${reference} here`}>{(it) => <Shown shown={it} model={model} reference={reference} />}</Told>
    </>
  );
}

function Shown({ shown, model, reference }: { readonly shown: ShowAnswer; readonly model: string; readonly reference: string }) {
  const { manifest, version } = shown;
  return (
    <>
      <Unsafe shown={shown} />
      {shown.stage === "retired" && version && <RetiredNote model={model} version={version.version} />}
      <Said reference={reference} />
      <Facts facts={[
        ["Artifact", <Id id={shown.artifact} what="artifact's id" />],
        ["Release", version?.release],
        ["Registered", version && <><When time={version.time} /> by {version.by}</>],
        ["Type", `${manifest.type}, ${manifest.format}`],
        ["What it does", manifest.capabilities?.join(", ")],
        ["Size", `${bytes(shown.size)} in ${count(manifest.files.length, "file")}`],
        ["Source", manifest.source && <Out url={manifest.source} />],
      ]} />
      <Contents parts={partsOf(shown)} />
      <Pin reference={reference} shown={shown} />
      <Section title="Files" id="files"><Files shown={shown} /></Section>
      <Metrics shown={shown} />
      {shown.contract && <Section title="Contract" id="contract"><ContractTable contract={shown.contract} /></Section>}
      <Section title="Lineage" id="lineage"><Lineage shown={shown} model={model} /></Section>
      <Signed reference={reference} />
      <Evaluated reference={reference} />
      {(manifest.tensors?.length ?? 0) > 0 && <Section title={count(manifest.tensors?.length ?? 0, "tensor")} id="tensors"><Tensors tensors={manifest.tensors ?? []} /></Section>}
      {shown.model_card && <Section title="Model card" id="card"><Card text={shown.model_card} /></Section>}
    </>
  );
}

/** The trust state that counts: bytes that were revoked in another artifact are revoked here, too. */
const trustOf = (shown: ShowAnswer): string => (shown.closed_by !== undefined && shown.trust === "trusted" ? "revoked" : shown.trust);

/** What stands against the use of a version, before anything that speaks for it. */
function Unsafe({ shown }: { readonly shown: ShowAnswer }) {
  const trust = trustOf(shown);
  const held = shown.aliases.map((alias) => `@${alias}`).join(" and ");
  return (
    <>
      {(trust === "revoked" || trust === "deleted") && (
        <div class="note bad" role="alert"><p class="note-title">This artifact is {trust}</p>
          <p>{shown.closed_by !== undefined && shown.trust === "trusted" ? <>The bytes of <code>{shown.closed_by}</code> were revoked in another artifact. </> : ""}Its bytes are handed out to nobody{held === "" ? "" : `, though ${held} still names it`}. Why is under “States over time”.</p></div>
      )}
      {shown.tainted !== undefined && <div class="note bad" role="alert"><p class="note-title">This rests on a key that was lost</p><p><code>{shown.tainted}</code> was signed by a key that was distrusted since. Nothing here counts before somebody confirms it with a good key.</p></div>}
      {(trust === "quarantined" || trust === "acquired") && <div class="note warn"><p class="note-title">Not trusted yet: {trust}</p><p>Its bytes are handed out to nobody before the registry's rules are met.</p></div>}
    </>
  );
}

/** Description, tags and users, as people wrote them. */
function Said({ reference }: { readonly reference: string }) {
  const asked = useAnswer("versionWords", [reference]);
  if (asked.state !== "told") return null;
  const { description, tags, consumers } = asked.answer;
  return (
    <>
      {description && <p class="lead">{description}</p>}
      <Tags tags={tags} />
      {consumers.length > 0 && <p>Used by {consumers.slice(0, 20).map((user, at) => <span key={user.id}>{at > 0 ? ", " : ""}<Name of={user.project ?? user.id} />{user.alias && <> by <AliasBadge alias={user.alias} /></>}</span>)}{consumers.length > 20 && ` and ${consumers.length - 20} more`}.</p>}
    </>
  );
}

/** The evaluation card, and how far the times of this registry are bounded. */
function Evaluated({ reference }: { readonly reference: string }) {
  const asked = useAnswer("versionWords", [reference]);
  if (asked.state !== "told") return null;
  const { evaluation_card: card, checkpoint } = asked.answer;
  return (
    <>
      {card && <Section title="Evaluation card" id="evaluation-card"><Code label="Evaluation card" text={card} /></Section>}
      <Section title="How far times are bounded" id="checkpoint">{checkpoint ? <p>Checkpoint {checkpoint.sequence}, by {checkpoint.by} at <When time={checkpoint.time} />: what the first {count(checkpoint.commits, "commit")} say was there by then. Later times are what their signers claim.</p> : <p class="soft">Nobody has signed a checkpoint: every time is what its signer claims.</p>}</Section>
    </>
  );
}

/** Until when a retired version may be used, and what to use in its place. */
function RetiredNote({ model, version }: { readonly model: string; readonly version: number }) {
  const asked = useAnswer("sunset", []);
  const it = asked.state === "told" ? asked.answer.versions.find((row) => row.model === model && row.version === version) : undefined;
  if (!it) return null;
  return <div class="note warn"><p class="note-title">Retired: nobody should use it from <Day it={it} /></p>{it.replacement !== null && <p>In its place: <To to={{ screen: "version", model, version: String(it.replacement) }}>{model}/{it.replacement}</To>.</p>}</div>;
}

/** The sections that this version has. */
function partsOf(shown: ShowAnswer): (readonly [string, string])[] {
  const all: readonly (readonly [string, string, boolean])[] = [
    ["pin", "Pin it", true], ["files", "Files", true], ["metrics", "Metrics", true], ["contract", "Contract", Boolean(shown.contract)], ["lineage", "Lineage", true],
    ["states", "States", true], ["gates", "Gates", true], ["signatures", "Signatures", true], ["tensors", "Tensors", (shown.manifest.tensors?.length ?? 0) > 0], ["card", "Card", Boolean(shown.model_card)],
  ];
  return all.flatMap(([id, name, there]) => (there ? [[id, name] as const] : []));
}

/** The same pin for a program, a terminal and a file. */
function Pin({ reference, shown }: { readonly reference: string; readonly shown: ShowAnswer }) {
  if (trustOf(shown) !== "trusted" || shown.tainted !== undefined) {
    return <Section title="Pin it" id="pin"><p>There is nothing to pin: this version is {shown.tainted === undefined ? trustOf(shown) : "tainted by a lost key"}, and its bytes are handed out to nobody. <To to={{ screen: "model", model: shown.version?.model ?? "" }}>Other versions</To></p></Section>;
  }
  const lock = lockBlock(shown);
  const name = shown.version?.model ?? reference;
  return (
    <Section title="Pin it" id="pin">
      <div class="pins">
        <div><h3>Python</h3><Code label="Pin in Python" text={`import refmark\nreg = refmark.open()\nreg.pin(${JSON.stringify(reference)})\npath = reg.pull(${JSON.stringify(name)})`} /></div>
        <div><h3>Terminal</h3><Code label="Pin in a terminal" text={`refmark pin add ${/\s/.test(reference) ? `'${reference}'` : reference}\nrefmark pin sync --frozen`} /></div>
        <div><h3>Lock file</h3><Code label="A pin for refmark.lock" text={lock} /></div>
      </div>
    </Section>
  );
}

/** The block that `refmark pin add` would write into `refmark.lock`; asked of the registry as of the commit shown. */
function lockBlock(shown: ShowAnswer): string {
  const quoted = (value: string): string => JSON.stringify(value);
  const files = shown.manifest.files.map((file) => `  { path = ${quoted(file.path)}, size = ${file.size}, sha256 = ${quoted(file.sha256)}, class = ${quoted(file.class)} },`);
  const lines = [
    "[[pin]]", `name = ${quoted(shown.version?.model ?? "pinned")}`, `model = ${quoted(shown.version?.model ?? "")}`, `version = ${shown.version?.version ?? 0}`,
    `artifact = ${quoted(shown.artifact)}`, `head = ${quoted(opened.value?.head ?? "")}`, `checked = ${quoted(shownHead.value?.time ?? "")}`, "files = [", ...files, "]",
  ];
  return lines.join("\n");
}

/** More files than that can be looked through by a part of their path. */
const MANY = 30;

function Files({ shown }: { readonly shown: ShowAnswer }) {
  const all = shown.manifest.files;
  const [part, look] = useState("");
  const fitting = part === "" ? all : all.filter((file) => file.path.toLowerCase().includes(part.toLowerCase()));
  const [files, more] = useMore(fitting, 200, 1000, "files");
  return (
    <>
      {all.length > MANY && <form class="inline-form" onSubmit={(event) => event.preventDefault()}><label>A part of the path <input type="search" value={part} spellcheck={false} autocomplete="off" onInput={(event) => look(event.currentTarget.value)} /></label><p class="soft" role="status">{part === "" ? "" : `${count(fitting.length, "file")} found`}</p></form>}
      <div class="scroll" tabIndex={0} role="group" aria-labelledby="files">
        <table class="plain stack">
          <thead><tr><th scope="col">Path</th><th scope="col">What it is, by content</th><th scope="col" class="end">Size</th><th scope="col">SHA-256</th></tr></thead>
          <tbody>{files.map((file) => (
            <tr key={file.path}>
              <th scope="row"><Name of={file.path} /></th>
              <td>{file.class === "tensors" || file.class === "data" ? file.class : <Badge tone="warn">{file.class}</Badge>} {file.format && <span class="soft">{file.format}</span>}</td>
              <td class="end" title={`${file.size} bytes`}>{bytes(file.size)}</td>
              <td data-of="SHA-256"><Id id={file.sha256} what={`SHA-256 of ${file.path}`} />{opened.value?.carriesBlobs && trustOf(shown) === "trusted" && shown.tainted === undefined && <> <Download path={file.path} sha256={file.sha256} size={file.size} /></>}</td>
            </tr>
          ))}</tbody>
        </table>
      </div>
      {more}
    </>
  );
}

/** Saves a file of the site, once its bytes were hashed and found to be those that were signed for. */
function Download({ path, sha256, size }: { readonly path: string; readonly sha256: string; readonly size: number }) {
  const [state, set] = useState<{ readonly busy: boolean; readonly failure: string | null }>({ busy: false, failure: null });
  const save = () => {
    set({ busy: true, failure: null });
    ask("download", sha256, size).then((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = path.split("/").pop() ?? "file";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      announce(`${path}: hashed, and saved`);
      set({ busy: false, failure: null });
    }).catch((error: unknown) => set({ busy: false, failure: failureFrom(error).message }));
  };
  return <>{state.failure === null ? <button type="button" class="link" disabled={state.busy} onClick={save} aria-label={`Download ${path}, hashed here`}>{state.busy ? "hashing" : "download"}</button> : <span class="mark bad">{state.failure}</span>}</>;
}

/** Measured by evidence first; what the manifest claims of itself is told apart. */
function Metrics({ shown }: { readonly shown: ShowAnswer }) {
  const measured = shown.evidence.flatMap(([statement, it]) => Object.entries(it.metrics ?? {}).map(([name, metric]) => ({ name, metric, it, statement })));
  const claimed = Object.entries(shown.manifest.metrics ?? {});
  return (
    <Section title="Metrics" id="metrics">
      {measured.length + claimed.length === 0 ? <p class="soft">Nothing was measured, and nothing is claimed.</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="metrics">
          <table class="plain figures stack">
            <thead><tr><th scope="col">Metric</th><th scope="col" class="end">Value</th><th scope="col">From</th><th scope="col">Measured on</th></tr></thead>
            <tbody>
              {measured.map(({ name, metric, it, statement }) => (
                <tr key={statement + name}><th scope="row">{name}{metric.better && <span class="soft"> {metric.better === "higher" ? "↑" : "↓"}<span class="hidden"> {metric.better} is better</span></span>}</th><td class="end">{figure(metric.value)}</td>
                  <td>{it.type} by {it.by}, <Badge tone={it.verdict === "pass" ? "good" : it.verdict === "fail" ? "bad" : "plain"}>{it.verdict}</Badge>{it.run && <> · <Out url={it.run}>the run</Out></>}</td>
                  <td class="soft" data-of="on">{it.dataset ? `${it.dataset.name}${it.dataset.version ? `@${it.dataset.version}` : ""}` : "no dataset named"}</td></tr>
              ))}
              {claimed.map(([name, value]) => <tr key={`c${name}`}><th scope="row">{name}</th><td class="end">{figure(value)}</td><td class="soft">claimed by whoever registered it; good for no gate</td><td class="soft" data-of="on">not said</td></tr>)}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function ContractTable({ contract }: { readonly contract: Contract }) {
  const part = (title: string, fields: readonly ContractField[] | undefined) => fields && fields.length > 0 && (
    <tbody><tr><th scope="rowgroup" colSpan={3} class="group">{title}</th></tr>
      {fields.map((field) => <tr key={field.name}><th scope="row">{field.name}</th><td><code>{field.type}{field.shape && field.shape.length > 0 ? `[${field.shape.map((n) => (n < 0 ? "any" : n)).join(", ")}]` : ""}</code></td><td class="soft">{field.optional ? "optional" : "required"}</td></tr>)}
    </tbody>
  );
  return <div class="scroll" tabIndex={0} role="group" aria-labelledby="contract"><table class="plain">{part("Inputs", contract.inputs)}{part("Outputs", contract.outputs)}</table></div>;
}

/** So many versions that were made from one are drawn. */
const SHOWN = 12;
/** So many versions are looked at for the relatives of one; more only when somebody asks for it. */
const LOOKED_AT = 300;

function Lineage({ shown, model }: { readonly shown: ShowAnswer; readonly model: string }) {
  const parents = shown.manifest.parents ?? [];
  const [limit, look] = useState(LOOKED_AT);
  const asked = useAnswer("relatives", [shown.artifact, parents, limit]);
  const told = asked.state === "told" ? asked.answer : { from: [], made: [], searched: 0, all: 0 };
  const facts = Object.entries(shown.lineage ?? {});
  const drawn = (key: string) => /dataset|data|code|run/.test(key);
  const node = (detail: string, it: Relative): Node => ({ title: `${it.model}/${it.version}`, detail, to: { screen: "version", model: it.model, version: String(it.version) } });
  const before: Node[] = [
    ...parents.map((artifact): Node => {
      const known = told.from.find((it) => it.artifact === artifact);
      return known ? node("parent", known) : { title: unnamed(artifact), detail: "parent", to: null };
    }),
    ...facts.filter(([key]) => drawn(key)).map(([key, value]): Node => ({ title: text(value), detail: key.replaceAll("_", " "), to: null })),
  ];
  const here: Node = { title: shown.version ? `${model}/${shown.version.version}` : unnamed(shown.artifact), detail: "this version", to: null };
  const after = [
    ...shown.aliases.map((alias): Node => ({ title: `@${alias}`, detail: "held by", to: { screen: "alias", model, alias } })),
    ...told.made.slice(0, SHOWN).map((it) => node("made from it", it)),
  ];
  return (
    <>
      {before.length === 0 && <Empty title="Nobody said where it came from" />}
      {before.length + after.length > 0 && <LineageGraph before={before} here={here} after={after} />}
      {told.made.length > SHOWN && <p class="soft">and {count(told.made.length - SHOWN, "version")} more that were made from it</p>}
      {told.searched < told.all && (
        <p class="soft">{count(told.searched, "version")} of {told.all.toLocaleString("en")} looked at for what was made from it. <button type="button" class="button quiet" onClick={() => look(told.all)}>Look at all</button></p>
      )}
      {facts.some(([key]) => !drawn(key)) && <Facts facts={facts.filter(([key]) => !drawn(key)).map(([key, value]) => [key.replaceAll("_", " "), <code>{text(value)}</code>] as const)} />}
    </>
  );
}

/** States, signatures and gates: from the dossier and the explanation. */
function Signed({ reference }: { readonly reference: string }) {
  const dossier = useAnswer("report", [reference]);
  const explained = useAnswer("explain", [reference]);
  return (
    <>
      <Section title="States over time" id="states"><Told asked={dossier} title="The states cannot be told">{(it) => <States dossier={it} />}</Told></Section>
      <Section title="Gates, as of each move" id="gates">
        <Told asked={explained} title="The gates cannot be told">
          {({ explanation }) => <>{explanation?.because.filter((it) => it.gates.length + it.signers.length > 0).map((it) => (
            <div class="because" key={it.path}>
              <h3>{it.says}</h3>
              <p class="soft"><When time={it.time} /> by {it.by}{it.policy ? `, under policy ${it.policy}` : ""}</p>
              <Signers signers={it.signers} said={it.said} />
              <Gates gates={it.gates} label={`Gates of ${it.says}, as of the move`} />
            </div>
          ))}</>}
        </Told>
      </Section>
      <Told asked={explained} title="The plans cannot be told">
        {({ explanation }) => <>{explanation?.documents?.map((it) => (
          <Section title={`${it.type.replaceAll("-", " ")} by ${it.by}`} id={`document-${it.type}`} key={it.type}>
            {it.text ? <Card text={it.text} /> : it.link && <p><Out url={it.link[0]} /> · <code>sha256:{it.link[1].slice(0, 12)}</code></p>}
          </Section>
        ))}</>}
      </Told>
      <Section title="Evidence and signatures" id="signatures"><Told asked={dossier} title="The signatures cannot be told">{(it) => <Signatures dossier={it} />}</Told></Section>
    </>
  );
}

/** So many moves are shown of a version that was moved more often, the newest of them, and so many more for each asking. */
const [NEWEST, MORE] = [100, 500];

/** The newest of a long list, oldest first, and a button for those before. */
function useNewest<T>(all: readonly T[], what: string): readonly [readonly T[], ComponentChildren] {
  const [shown, show] = useState(NEWEST);
  const left = all.length - shown;
  return [all.slice(-shown), left > 0 && <p><button type="button" class="button quiet" onClick={() => show(shown + MORE)}>Show {Math.min(MORE, left)} earlier of {count(all.length, what)}</button></p>];
}

function States({ dossier }: { readonly dossier: Dossier }) {
  const [moves, earlier] = useNewest(dossier.moves, "move");
  return (
    <>
      {earlier}
      <ol class="timeline">
        {moves.map((move) => (
          <li key={move.path} class={`kind-${move.kind}`}>
            <p><strong>{move.change}</strong></p>
            <p class="soft"><When time={move.time} /> by {move.by}{move.approvals.length > 0 && <>, approved by {move.approvals.map((it) => it.by).join(" and ")}</>}{move.commit && <> · commit <Id id={move.commit} what="commit" /></>}</p>
            {move.reason && <p class="quote">{move.reason}</p>}
          </li>
        ))}
      </ol>
    </>
  );
}

function Signatures({ dossier }: { readonly dossier: Dossier }) {
  const name = new Map(dossier.keys.map((key) => [key.key, key.principal]));
  const [moves, earlier] = useNewest(dossier.moves, "move");
  const rows = [
    ...dossier.evidence.map((it) => ({ what: `${it.evidence.type}, ${it.evidence.verdict}`, words: it.evidence.summary, by: it.evidence.by, time: it.evidence.time, key: it.key, statement: it.statement })),
    ...moves.map((it) => ({ what: it.change, words: undefined, by: it.by, time: it.time, key: it.key, statement: it.statement })),
  ];
  return (
    <div class="scroll" tabIndex={0} role="group" aria-labelledby="signatures">
      <table class="plain stack">
        <thead><tr><th scope="col">Record</th><th scope="col">Signed by</th><th scope="col">When</th><th scope="col">Key</th><th scope="col">Statement</th></tr></thead>
        <tbody>{rows.map((row) => (
          <tr key={row.statement + row.what}><th scope="row">{row.what}{row.words && <div class="soft">{row.words}</div>}</th><td data-of="signed by">{row.by}{row.key && name.has(row.key) && name.get(row.key) !== row.by ? ` (key of ${name.get(row.key)})` : ""}</td><td class="soft">{day(row.time)}</td><td data-of="key">{row.key ? <code title={row.key}>{row.key.slice(0, 15)}…</code> : <span class="soft">none</span>}</td><td data-of="statement"><Id id={row.statement} what="statement's digest" /></td></tr>
        ))}</tbody>
      </table>
      {earlier}
    </div>
  );
}
