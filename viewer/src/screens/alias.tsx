// The history of an alias: who held it when, who moved it, and what it meant on a day.
import { useState } from "preact/hooks";
import type { MoveRow } from "refmark-wasm";
import { useAnswer } from "../app/ask.ts";
import { address, replaceQuery, shownHead } from "../app/state.ts";
import { count, day, span } from "../app/words.ts";
import { Empty, FailureBox, Heading, Id, Section, To, Told, When } from "../parts/bits.tsx";
import { Gates, Signers } from "../parts/gates.tsx";
import { Holding } from "../parts/holding.tsx";
import { VersionRef } from "../parts/marks.tsx";

const PAGE = 100;

export function Alias({ model, alias }: { readonly model: string; readonly alias: string }) {
  const reference = `${model}@${alias}`;
  const log = useAnswer("log", [reference]);
  return (
    <>
      <Heading title={reference} tab={reference} above={<><To to={{ screen: "models" }}>Models</To> / <To to={{ screen: "model", model }}>{model}</To></>}>
        {log.state === "told" && log.answer[0] && <Now move={log.answer[0]} model={model} />}
      </Heading>
      <Told asked={log} lines={8} title={`${reference} cannot be told`}>
        {(moves) => moves.length === 0 ? <Empty title="This alias has never held anything" /> : (
          <>
            <AsOf reference={reference} />
            <Section title="Who held it" id="held"><Holding moves={moves} until={shownHead.value?.time ?? moves[0]?.time ?? ""} /></Section>
            <Why reference={reference} />
            <Section title={count(moves.length, "move")} id="moves"><Moves moves={moves} model={model} /></Section>
          </>
        )}
      </Told>
    </>
  );
}

function Now({ move, model }: { readonly move: MoveRow; readonly model: string }) {
  const until = shownHead.value?.time;
  const since = move.landed ?? move.time;
  return (
    <p class="lead">
      {move.to ? <>is <VersionRef model={model} version={move.to.version} /></> : <strong>holds nothing</strong>} since <When time={since} />{until && <span class="soft"> ({span(since, until)} up to the commit shown)</span>}, by {move.by}
    </p>
  );
}

function AsOf({ reference }: { readonly reference: string }) {
  const at = address.value.query["as-of"] ?? "";
  const when = at === "" ? null : at.length === 10 ? `${at}T23:59:59Z` : at;
  const head = shownHead.value?.time ?? null;
  // Days are told apart, and not seconds: the day of the commit itself can be asked for.
  const after = when !== null && head !== null && at.slice(0, 10) > head.slice(0, 10);
  const asked = useAnswer("resolve", when === null || head === null || after ? null : [reference, when]);
  return (
    <Section title="What did it mean on a day?" id="as-of">
      <form class="inline-form" onSubmit={(event) => event.preventDefault()}>
        <label>As of the end of (UTC) <input type="date" value={at.slice(0, 10)} max={head?.slice(0, 10)} onChange={(event) => replaceQuery({ "as-of": event.currentTarget.value })} /></label>
      </form>
      <div aria-live="polite">
        {after && <p>Nothing is known of {day(at)}: the commit shown is of <When time={head} />, and what came after it is not told here.</p>}
        {when !== null && asked.state === "told" && (
          <p>On {day(at)} it was <VersionRef model={asked.answer.model ?? ""} version={asked.answer.version ?? 0} /> by move {asked.answer.sequence}.{" "}
            <span class="soft">{asked.answer.at?.dated_by === "checkpointed" ? "A checkpoint bounds the date." : "The date is what the commit claims; no checkpoint bounds it."} Marks are as of the commit shown.</span></p>
        )}
        {when !== null && asked.state === "refused" && (asked.failure.code === "not-found" ? <p>{asked.failure.message}</p> : <FailureBox failure={asked.failure} />)}
      </div>
    </Section>
  );
}

/** The newest move, with everything that carries it. */
function Why({ reference }: { readonly reference: string }) {
  const asked = useAnswer("explain", [reference]);
  return (
    <Section title="Why it is so" id="why" aside={<span class="soft">gates and approvals as of the move</span>}>
      <Told asked={asked} lines={3} title="This cannot be explained">
        {({ explanation }) => explanation === null ? <p class="soft">It holds nothing.</p> : (
          <>{explanation.because.filter((it) => it.kind === "alias").map((it) => (
            <div class="because" key={it.path}>
              <h3>{it.says}</h3>
              {it.reason && <p class="quote">{it.reason}</p>}
              {it.break_glass && <p class="note warn">Done at once by {it.by}, as the policy allows; the approvals below are due.</p>}
              <Signers signers={it.signers} said={it.said} />
              <Gates gates={it.gates} label={`Gates of ${it.says}, as of the move`} />
            </div>
          ))}</>
        )}
      </Told>
    </Section>
  );
}

function Moves({ moves, model }: { readonly moves: readonly MoveRow[]; readonly model: string }) {
  const [shown, show] = useState(PAGE);
  return (
    <>
      <ol class="timeline">
        {moves.slice(0, shown).map((move) => (
          <li key={move.sequence} class="kind-alias">
            <p><strong>{move.from?.version ?? "nothing"} → {move.to ? <VersionRef model={model} version={move.to.version} text={String(move.to.version)} /> : "nothing"}</strong> <span class="soft">move {move.sequence}</span>
              {move.from && move.to && <> · <To to={{ screen: "compare" }} query={{ a: `${model}/${move.from.version}`, b: `${model}/${move.to.version}` }}>what changed</To></>}</p>
            <p class="soft"><When time={move.landed ?? move.time} /> by {move.by}{move.commit && <> · commit <Id id={move.commit} what="commit" /></>}</p>
            {move.reason && <p class="quote">{move.reason}</p>}
          </li>
        ))}
      </ol>
      {moves.length > shown && <button type="button" class="button" onClick={() => show(shown + 500)}>Show {Math.min(500, moves.length - shown)} more of {moves.length.toLocaleString("en")}</button>}
    </>
  );
}

