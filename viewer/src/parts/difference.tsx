// What differs between two versions, and nothing else.
import type { ArtifactDiff, FileFinding, Listed, MetricDiff, MetricSide } from "refmark-wasm";
import { bytes, count, figure, signed, short } from "../app/words.ts";
import { Badge, Section } from "./bits.tsx";

export function Difference({ diff, id }: { readonly diff: ArtifactDiff; readonly id: string }) {
  if (diff.identical) return <p>Both are the same artifact, byte for byte.</p>;
  const name = (side: ArtifactDiff["new"], without: string) => (side.version ? `${side.version}` : without);
  const names = [diff.old && name(diff.old, "before"), name(diff.new, "after")] as const;
  return (
    <>
      {diff.metrics.items.length > 0 && <Section title="Metrics" id={`${id}-metrics`}><Metrics metrics={diff.metrics} names={names} id={id} /></Section>}
      {diff.contract && <Section title="Contract" id={`${id}-contract`}><ContractDiff contract={diff.contract} isFirst={diff.old === null} /></Section>}
      <Found diff={diff} id={id} />
      <Section title="Weights and files" id={`${id}-files`}><Files diff={diff} /></Section>
      <Section title="Lineage and documents" id={`${id}-lineage`}><LineageDiff diff={diff} /></Section>
    </>
  );
}

/** What the scan found in one version and not in the other. */
function Found({ diff, id }: { readonly diff: ArtifactDiff; readonly id: string }) {
  const { added, removed } = diff.findings;
  if (added.count + removed.count === 0) return null;
  return (
    <Section title="Findings" id={`${id}-findings`}>
      <ul class="changes">
        {added.items.map((it, at) => <li key={`+${at}`}><Badge tone="bad">new</Badge> <Finding it={it} /></li>)}
        {removed.items.map((it, at) => <li key={`-${at}`}><Badge tone="plain">gone</Badge> <Finding it={it} /></li>)}
      </ul>
      <More listed={added} what="new finding" />
      <More listed={removed} what="finding that is gone" />
    </Section>
  );
}

/** What the scan found in a file, and where. */
export function Finding({ it }: { readonly it: FileFinding }) {
  return <><code>{it.file}</code> {it.finding.replaceAll("-", " ")} <code>{it.value}</code>{it.path && <> in <code>{it.path}</code></>}{it.opcode && <>, {it.opcode}</>}{it.offset !== undefined && <> at byte {it.offset}</>}</>;
}

const JUDGED: Readonly<Record<string, string>> = { better: "good", worse: "bad" };

function Metrics({ metrics, names, id }: { readonly metrics: Listed<MetricDiff>; readonly names: readonly [string | null, string]; readonly id: string }) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-labelledby={`${id}-metrics`}>
      <table class="plain figures">
        <thead><tr><th scope="col">Metric</th>{names[0] !== null && <th scope="col" class="end">{names[0]}</th>}<th scope="col" class="end">{names[1]}</th>{names[0] !== null && <><th scope="col" class="end">Change</th><th scope="col">Judged</th></>}<th scope="col">Evaluation</th><th scope="col">Measured on</th></tr></thead>
        <tbody>
          {metrics.items.map((metric) => (
            <tr key={metric.name}>
              <th scope="row">{metric.name}{!claimed(metric) && <span class="soft" title={`${metric.better} is better`}> {metric.better === "higher" ? "↑" : "↓"}<span class="hidden"> {metric.better} is better</span></span>}</th>
              {names[0] !== null && <td class="end">{metric.old ? figure(metric.old.value) : "–"}</td>}
              <td class="end">{metric.new ? figure(metric.new.value) : "–"}</td>
              {names[0] !== null && <>
                <td class="end">{metric.delta === null || metric.delta === undefined ? "" : signed(metric.delta)}{metric.delta_percent ? <span class="soft"> ({signed(Number(metric.delta_percent.toFixed(1)))} %)</span> : null}</td>
                <td><Judged metric={metric} /></td>
              </>}
              <td><Evaluated side={metric.new ?? metric.old} /></td>
              <td class="soft">{dataset(metric.old, metric.new)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More listed={metrics} what="metric" />
    </div>
  );
}

/** Nobody signs which way a claim improves: of two claims one is higher, and neither is better. */
const claimed = ({ old, new: now }: MetricDiff): boolean => [old, now].every((side) => side === null || side.source === "claim");

function Judged({ metric }: { readonly metric: MetricDiff }) {
  const { judgement, old, new: now, delta } = metric;
  if (!claimed(metric)) return <><Badge tone={JUDGED[judgement] ?? "plain"}>{judgement.replaceAll("_", " ").replaceAll("-", " ")}</Badge>{metric.because && <span class="soft"> {metric.because}</span>}</>;
  if (old === null || now === null || typeof delta !== "number") return <Badge>{judgement.replaceAll("_", " ").replaceAll("-", " ")}</Badge>;
  return <span class="soft">{delta === 0 ? "the same" : delta > 0 ? "higher" : "lower"}; both are claims</span>;
}

const VERDICTS: Readonly<Record<string, string>> = { pass: "good", fail: "bad" };

/** What the evidence behind a metric comes to, and by whom. */
function Evaluated({ side }: { readonly side: MetricSide | null }) {
  if (!side?.verdict) return <span class="soft">–</span>;
  return <><Badge tone={VERDICTS[side.verdict] ?? "plain"}>{side.verdict}</Badge> by {side.by}</>;
}

function dataset(old: MetricSide | null, now: MetricSide | null): string {
  const name = (side: MetricSide | null) => (side?.dataset ? `${side.dataset.name}${side.dataset.version ? `@${side.dataset.version}` : ""}` : "a claim, no dataset");
  const [a, b] = [name(old), name(now)];
  if (old === null || a === b) return b;
  return now === null ? a : `${a} → ${b}`;
}

function ContractDiff({ contract, isFirst }: { readonly contract: NonNullable<ArtifactDiff["contract"]>; readonly isFirst: boolean }) {
  const [tone, words] = ({ same: ["plain", "the same"], backward: ["good", "backward compatible"], breaking: ["bad", "breaking"] } as Record<string, [string, string]>)[contract.compatibility] ?? ["warn", contract.compatibility];
  return (
    <>
      {!isFirst && <p><Badge tone={tone}>{words}</Badge></p>}
      {contract.because.items.length > 0 && <ul class="changes">{contract.because.items.map((line) => <li key={line}><code>{line}</code></li>)}</ul>}
      <More listed={contract.because} what="change" />
    </>
  );
}

function Files({ diff }: { readonly diff: ArtifactDiff }) {
  const { files, tensors } = diff;
  const rows = [
    ...files.changed.items.map(({ old, new: now, tensors }) => ({ path: now.path, change: `${old.class === now.class ? "changed" : `${old.class} → ${now.class}`}${tensors ? `, ${count(tensors, "tensor")}` : ""}`, size: old.size === now.size ? bytes(now.size) : `${bytes(old.size)} → ${bytes(now.size)}`, digest: `${short(old.sha256)} → ${short(now.sha256)}` })),
    ...files.renamed.items.map(({ old, new: now, size, sha256 }) => ({ path: `${old} → ${now}`, change: "renamed", size: bytes(size), digest: short(sha256) })),
    ...files.added.items.map((file) => ({ path: file.path, change: "added", size: bytes(file.size), digest: short(file.sha256) })),
    ...files.removed.items.map((file) => ({ path: file.path, change: "removed", size: bytes(file.size), digest: short(file.sha256) })),
  ];
  return (
    <>
      {tensors && <p>{diff.old === null ? count(tensors.new, "tensor") : <>{tensors.changed.count} of {count(tensors.new, "tensor")} changed</>}{diff.old && tensors.added.count > 0 ? `, ${tensors.added.count} added` : ""}{tensors.removed.count > 0 ? `, ${tensors.removed.count} removed` : ""}{tensors.unknown > 0 ? `, ${tensors.unknown} not known` : ""} · {diff.old === null ? bytes(files.size_new) : `${bytes(files.bytes_new)} of ${bytes(files.size_new)} is new`}{diff.classes ? ` · ${diff.classes.sentence}${diff.classes.manifest_is === "claimed" ? " (claimed)" : ""}` : ""}</p>}
      {tensors && tensors.changed.items.length > 0 && <details><summary>Changed tensors</summary><ul class="changes">{tensors.changed.items.map((name) => <li key={name}><code>{name}</code></li>)}</ul><More listed={tensors.changed} what="tensor" /></details>}
      {tensors && [...tensors.retyped.items.map((it) => [it.name, it.old, it.new] as const), ...tensors.reshaped.items.map((it) => [it.name, it.old.join(" × "), it.new.join(" × ")] as const)].map(([name, old, now]) => <p key={name + now}><code>{name}</code> {old} → {now}</p>)}
      {rows.length === 0 ? <p class="soft">The files are the same.</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-label="Files that differ">
          <table class="plain stack">
            <thead><tr><th scope="col">File</th><th scope="col">Change</th><th scope="col" class="end">Size</th><th scope="col">SHA-256</th></tr></thead>
            <tbody>{rows.map((row) => <tr key={row.path + row.change}><th scope="row">{row.path}</th><td>{row.change}</td><td class="end">{row.size}</td><td data-of="SHA-256"><code>{row.digest}</code></td></tr>)}</tbody>
          </table>
        </div>
      )}
      <Settings diff={diff} />
      {files.same > 0 && <p class="soft">{count(files.same, "file")} unchanged.</p>}
    </>
  );
}

/** Values of configuration and metadata that changed. */
function Settings({ diff }: { readonly diff: ArtifactDiff }) {
  const values = diff.files.changed.items.flatMap((file) => file.values.items.map((value) => ({ path: file.new.path, ...value })));
  if (values.length === 0) return null;
  const more = diff.files.changed.items.reduce((sum, file) => sum + file.values.more, 0);
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label="Settings that differ">
        <table class="plain stack">
          <thead><tr><th scope="col">Setting</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
          <tbody>{values.map((it) => <tr key={it.path + it.name}><th scope="row">{it.path} <code>{it.name}</code></th><td data-of="before"><code>{it.old ?? "–"}</code></td><td data-of="after"><code>{it.new ?? "–"}</code></td></tr>)}</tbody>
        </table>
      </div>
      {more > 0 && <p class="soft">and {count(more, "value more", "values more")}</p>}
    </>
  );
}

function LineageDiff({ diff }: { readonly diff: ArtifactDiff }) {
  const { lineage, card } = diff;
  const rows = lineage ? [lineage.source, lineage.licence, ...lineage.changed.items].flatMap((it) => (it ? [it] : [])) : [];
  const lists = lineage ? [
    ["Parent added", lineage.parents_added], ["Parent removed", lineage.parents_removed],
    ["Capability added", lineage.capabilities_added], ["Capability removed", lineage.capabilities_removed],
  ] as const : [];
  return (
    <>
      {rows.length > 0 ? (
        <div class="scroll" tabIndex={0} role="group" aria-label="Lineage that differs">
          <table class="plain stack">
            <thead><tr><th scope="col">Key</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
            <tbody>{rows.map((it) => <tr key={it.key}><th scope="row">{it.key}</th><td data-of="before"><code>{it.old ?? "–"}</code></td><td data-of="after"><code>{it.new ?? "–"}</code></td></tr>)}</tbody>
          </table>
        </div>
      ) : <p class="soft">The lineage is the same.</p>}
      {lists.flatMap(([what, list]) => list.items.map((it) => <p key={what + it}>{what}: <code>{it}</code></p>))}
      {card && <p>Model card {card.model_card}{card.model_card === "changed" ? ` (+${card.lines_added.count} −${card.lines_removed.count} lines)` : ""}; evaluation card {card.evaluation_card}.</p>}
      {card && card.lines_added.count + card.lines_removed.count > 0 && <TextLines summary="The model card, line by line" added={card.lines_added} removed={card.lines_removed} />}
    </>
  );
}

/** Lines of a text that are gone and that are new, folded. */
export function TextLines({ summary, added, removed }: { readonly summary: string; readonly added: Listed<string>; readonly removed: Listed<string> }) {
  return (
    <details><summary>{summary}</summary>
      <ul class="changes">
        {removed.items.map((line, at) => <li key={`-${at}`}><code>− {line}</code></li>)}
        {added.items.map((line, at) => <li key={`+${at}`}><code>+ {line}</code></li>)}
      </ul>
      <More listed={removed} what="removed line" />
      <More listed={added} what="added line" />
    </details>
  );
}

export function More({ listed, what }: { readonly listed: Listed<unknown>; readonly what: string }) {
  return listed.more > 0 ? <p class="soft">and {count(listed.more, `${what} more`, `${what}s more`)}</p> : null;
}
