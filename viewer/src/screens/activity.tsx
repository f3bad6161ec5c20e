// What happened, newest first: the moves of every alias.
import { useState } from "preact/hooks";
import { useAnswer } from "../app/ask.ts";
import { Empty, Heading, Id, To, Told, When } from "../parts/bits.tsx";
import { VersionRef } from "../parts/marks.tsx";

const PAGE = 100;

export function Activity() {
  const [shown, show] = useState(PAGE);
  const asked = useAnswer("recent", [shown]);
  return (
    <>
      <Heading title="What changed" tab="What changed"><p class="lead">The moves of every alias up to the commit shown, newest first. Marks are as of that commit.</p></Heading>
      <Told asked={asked} lines={10} title="This cannot be told">{(moves) => moves.length === 0 ? <Empty title="No alias has moved yet" /> : (
        <>
          <ol class="timeline">{moves.map((move) => (
            <li key={`${move.model}@${move.alias}#${move.sequence}`} class="kind-alias">
              <p><strong><To to={{ screen: "alias", model: move.model, alias: move.alias }}>{move.model}@{move.alias}</To></strong> {move.from?.version ?? "nothing"} → {move.to ? <VersionRef model={move.model} version={move.to.version} text={String(move.to.version)} /> : "nothing"}</p>
              <p class="soft"><When time={move.landed ?? move.time} /> by {move.by}{move.commit && <> · commit <Id id={move.commit} what="commit" /></>}</p>
              {move.reason && <p class="quote">{move.reason}</p>}
            </li>
          ))}</ol>
          {moves.length >= shown && <button type="button" class="button quiet" onClick={() => show(shown + 400)}>Show more</button>}
        </>
      )}</Told>
    </>
  );
}
