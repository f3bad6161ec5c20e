// Two versions side by side: only what differs.
import { useLayoutEffect, useState } from "preact/hooks";
import type { ArtifactDiff } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { address, replaceQuery } from "../app/state.ts";
import { Heading, Id, To, Told } from "../parts/bits.tsx";
import { Difference } from "../parts/difference.tsx";
import { VersionRef } from "../parts/marks.tsx";

export function Compare() {
  const { a = "", b = "" } = address.value.query;
  const asked = useAnswer("diff", a !== "" && b !== "" ? [a, b] : null);
  const model = /^([^/@]+)/.exec(b)?.[1];
  return (
    <>
      <Heading title="Compare" tab={a && b ? `${a} and ${b}` : "Compare"} above={model ? <><To to={{ screen: "models" }}>Models</To> / <To to={{ screen: "model", model }}>{model}</To></> : <To to={{ screen: "models" }}>Models</To>}>
        <Choice a={a} b={b} />
      </Heading>
      {a === "" || b === "" ? <p class="soft">Name two versions, such as sentiment/3 and sentiment@champion.</p>
        : <Told asked={asked} lines={10} title="These cannot be compared">{(diff) => <><Sides diff={diff} /><Difference diff={diff} id="diff" /></>}</Told>}
    </>
  );
}

/** What is compared, with what has to be said of each. */
function Sides({ diff }: { readonly diff: ArtifactDiff }) {
  const side = (it: ArtifactDiff["new"]) => (it.model !== undefined && it.version !== undefined ? <VersionRef model={it.model} version={it.version} /> : <Id id={it.artifact} what="artifact's id" />);
  return <p class="lead">{diff.old && <>{side(diff.old)} → </>}{side(diff.new)}</p>;
}

function Choice({ a, b }: { readonly a: string; readonly b: string }) {
  const [typed, type] = useState({ a, b });
  useLayoutEffect(() => type({ a, b }), [a, b]);
  return (
    <form class="inline-form" onSubmit={(event) => {
      event.preventDefault();
      replaceQuery({ a: typed.a.trim(), b: typed.b.trim() });
    }}>
      <label>From <input value={typed.a} onInput={(event) => type({ ...typed, a: event.currentTarget.value })} placeholder="sentiment/3" spellcheck={false} autocomplete="off" /></label>
      <label>to <input value={typed.b} onInput={(event) => type({ ...typed, b: event.currentTarget.value })} placeholder="sentiment@champion" spellcheck={false} autocomplete="off" /></label>
      <button type="submit" class="button">Compare</button>
      {a !== "" && b !== "" && <button type="button" class="button quiet" onClick={() => replaceQuery({ a: b, b: a })}>Swap</button>}
    </form>
  );
}
