// The catalog: the stable ids that records name.
import type { CatalogEntry } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { count } from "../app/words.ts";
import { Badge, Empty, Heading, Out, Section, Told } from "../parts/bits.tsx";

const STATES: Readonly<Record<CatalogEntry["state"], string>> = { active: "line", deprecated: "warn", disabled: "bad" };

export function Catalog() {
  const asked = useAnswer("catalog", []);
  return (
    <>
      <Heading title="Catalog" tab="Catalog"><p class="lead">Stable ids are contracts: a record that names an unknown or disabled one is refused.</p></Heading>
      <Told asked={asked} lines={10} title="The catalog cannot be told">{(entries) => {
        const families = [...new Set(entries.map((entry) => entry.family))];
        if (families.length === 0) return <Empty title="The catalog is empty" />;
        return <>{families.map((family) => <Family key={family} family={family} entries={entries.filter((entry) => entry.family === family)} />)}</>;
      }}</Told>
    </>
  );
}

function Family({ family, entries }: { readonly family: string; readonly entries: readonly CatalogEntry[] }) {
  return (
    <Section title={family.replaceAll("-", " ")} id={`family-${family}`} aside={<span class="soft">{count(entries.length, "entry", "entries")}</span>}>
      <div class="scroll" tabIndex={0} role="group" aria-labelledby={`family-${family}`}>
        <table class="plain entries stack">
          <thead><tr><th scope="col">Id</th><th scope="col">Meaning</th><th scope="col">Owner</th><th scope="col">State</th></tr></thead>
          <tbody>{entries.map((entry) => (
            <tr key={entry.id}>
              <th scope="row"><code>{entry.id}</code></th>
              <td>{entry.meaning}{entry.docs && <> · <Out url={entry.docs}>docs</Out></>}{entry.status_page && <> · <Out url={entry.status_page}>status</Out></>}{entry.retention_days ? <span class="soft"> · kept {count(entry.retention_days, "day")}</span> : null}{entry.billable && <span class="soft"> · billable</span>}{entry.artifacts?.never_trusted && <span class="soft"> · never trusted</span>}{entry.artifacts?.never_promoted && <span class="soft"> · never promoted</span>}{entry.artifacts?.evidence && <span class="soft"> · trusted by {entry.artifacts.evidence.join(" and ")}</span>}</td>
              <td data-of="owner">{entry.owner}</td>
              <td><Badge tone={STATES[entry.state]}>{entry.state}</Badge></td>
            </tr>
          ))}</tbody>
        </table>
      </div>
    </Section>
  );
}
