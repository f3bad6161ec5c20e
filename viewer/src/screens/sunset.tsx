// What is retired: until when it may be used, what stands in for it, and who is still pinned to it.
import type { Sunset } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { count, day } from "../app/words.ts";
import { AliasBadge, Badge, Empty, Heading, Told } from "../parts/bits.tsx";
import { VersionRef } from "../parts/marks.tsx";

export function Retired() {
  const asked = useAnswer("sunset", []);
  return (
    <>
      <Heading title="Sunset" tab="Sunset"><p class="lead">Retired versions, the most urgent first: from which day nobody should use one, what stands in for it, and who still does.</p></Heading>
      <Told asked={asked} lines={5} title="What is retired cannot be told">
        {({ versions, due, now }) => versions.length === 0 ? <Empty title="Nothing is retired"><p>A version retires with <code>refmark transition MODEL/VERSION retired --replacement N --sunset DATE</code></p></Empty> : (
          <>
            <p class="soft">By this computer's clock, {day(now)}{due > 0 ? `: ${count(due, "version")} may be archived now` : ""}.</p>
            <div class="scroll" tabIndex={0} role="group" aria-label="Retired versions">
              <table class="plain stack">
                <thead><tr><th scope="col">Version</th><th scope="col">Sunset</th><th scope="col">Stands in for it</th><th scope="col">Still used by</th><th scope="col">Next</th></tr></thead>
                <tbody>{versions.map((it) => <Row key={`${it.model}/${it.version}`} it={it} />)}</tbody>
              </table>
            </div>
          </>
        )}
      </Told>
    </>
  );
}

function Row({ it }: { readonly it: Sunset }) {
  const { model, version, replacement, consumers, aliases } = it;
  return (
    <tr>
      <th scope="row"><VersionRef model={model} version={version} /></th>
      <td data-of="sunset"><Day it={it} /></td>
      <td data-of="stands in for it">{replacement === null ? <span class="soft">nothing</span> : <VersionRef model={model} version={replacement} />}</td>
      <td data-of="still used by">{consumers.length + aliases.length === 0 ? <span class="soft">nobody who said so</span> : <span class="aliases">{aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}{consumers.join(", ")}</span>}</td>
      <td>{it.due ? <Badge>may be archived</Badge> : <span class="soft">{consumers.length > 0 ? "wait for those who use it" : "wait for its day"}</span>}</td>
    </tr>
  );
}

/** The day, and how far it is. */
export function Day({ it }: { readonly it: Sunset }) {
  if (it.sunset === null || it.days_left === null) return <span class="soft">no day was named</span>;
  const left = it.days_left;
  return <>{day(it.sunset)} {left < 0 ? <Badge tone="warn">{count(-left, "day")} ago</Badge> : <span class="soft">in {count(left, "day")}</span>}</>;
}
