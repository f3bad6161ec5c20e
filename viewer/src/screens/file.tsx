// A dropped model file: is this what an alias means? Nothing of it is sent anywhere.
import { useRef, useState } from "preact/hooks";
import { ask, standing } from "../app/state.ts";
import { failureFrom } from "../app/ask.ts";
import { bytes, count } from "../app/words.ts";
import { AliasBadge, Badge, Facts, FailureBox, Heading, Icon, Id, Section, StageBadge, To, TrustBadge, Waiting } from "../parts/bits.tsx";
import { Dropping } from "../parts/dropping.tsx";
import { Tensors } from "../parts/tensors.tsx";
import type { DroppedFile, Failure, FileMatch } from "../protocol.ts";

type Look = { readonly state: "none" } | { readonly state: "looking"; readonly name: string } | { readonly state: "seen"; readonly name: string; readonly it: DroppedFile } | { readonly state: "failure"; readonly failure: Failure };

export function CheckFile() {
  const [look, set] = useState<Look>({ state: "none" });
  const newest = useRef<File | null>(null);
  const take = (file: File) => {
    newest.current = file;
    set({ state: "looking", name: file.name });
    ask("inspect", file, null)
      .then((it): Look => ({ state: "seen", name: file.name, it }), (error: unknown): Look => ({ state: "failure", failure: failureFrom(error) }))
      .then((look) => newest.current === file && set(look));
  };
  return (
    <>
      <Heading title="Check a file" tab="Check a file"><p class="lead">Drop a model file: is it what <em>champion</em> means here? It is read and hashed in this page, and goes nowhere.</p></Heading>
      <Dropping label="Drop a safetensors, GGUF or any other file here" button="Choose a file" single take={(files) => files[0] && take(files[0].file)} />
      <div aria-live="polite">
        {look.state === "looking" && <><p>Hashing {look.name}</p><Waiting lines={3} /></>}
        {look.state === "failure" && <FailureBox failure={look.failure} title="This file could not be read" />}
        {look.state === "seen" && <Seen name={look.name} it={look.it} />}
      </div>
    </>
  );
}

function Seen({ name, it }: { readonly name: string; readonly it: DroppedFile }) {
  const { answer } = it;
  const live = it.matches.flatMap((match) => match.aliases.map((alias) => `${match.reference.split("/")[0]}@${alias}`));
  const bad = it.matches.find((match) => match.trust === "revoked" || match.trust === "deleted");
  const tone = bad ? "bad" : live.length > 0 && standing.value === "verified" ? "good" : it.matches.length > 0 ? "plain" : "warn";
  return (
    <>
      <div class={`verdict ${tone}`}>
        <Icon name={bad ? "cross" : it.matches.length > 0 ? "check" : "dash"} />
        <div>
          <p class="verdict-title">{bad ? `These bytes were ${bad.trust}` : live.length > 0 ? `Yes: ${live.join(" and ")}` : it.matches.length > 0 ? "Known here, but no alias holds it" : "No version here has these bytes"}</p>
          <p>{it.matches.length > 0 ? <>{name} is, byte for byte, <code>{it.matches[0]?.path}</code> of {it.matches[0]?.reference}.{standing.value !== "verified" && " The registry itself is not verified against a root of yours."}</> : `Compared with the files of ${count(it.searched, "version")}.`}</p>
        </div>
      </div>
      {it.matches.length > 0 && <ul class="hits">{it.matches.slice(0, 50).map((match) => <Match key={match.reference + match.path} match={match} />)}</ul>}
      <Section title="What it is" id="what">
        <Facts facts={[
          ["Name", name], ["Size", bytes(it.size)], ["SHA-256", <Id id={it.sha256} what="SHA-256" />], ["Format", answer.format],
          ["Class, by content", answer.class === "tensors" || answer.class === "data" ? answer.class : <Badge tone="warn">{answer.class}</Badge>],
        ]} />
        {[...answer.problems, ...answer.notes].map((note, at) => <p key={at} class="note warn">{typeof note === "string" ? note : note.message}</p>)}
        {Object.keys(answer.metadata).length > 0 && <details><summary>{count(Object.keys(answer.metadata).length, "metadata entry", "metadata entries")}</summary><Facts facts={Object.entries(answer.metadata).slice(0, 200).map(([key, value]) => [key, <code>{value.slice(0, 400)}</code>] as const)} /></details>}
      </Section>
      {answer.tensors.length > 0 && <Section title={count(answer.tensors.length, "tensor")} id="tensors"><Tensors tensors={answer.tensors} /></Section>}
    </>
  );
}

function Match({ match }: { readonly match: FileMatch }) {
  const [model = "", version = ""] = match.reference.split("/");
  return <li><To to={{ screen: "version", model, version }}>{match.reference}</To> <span class="soft">{match.path}</span> <StageBadge stage={match.stage} /> <TrustBadge trust={match.trust} /> {match.aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}</li>;
}
