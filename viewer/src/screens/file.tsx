// A dropped model file: is this what an alias means? Nothing of it is sent anywhere.
import { useRef, useState } from "preact/hooks";
import { ask, standing } from "../app/state.ts";
import { failureFrom } from "../app/ask.ts";
import { bytes, count } from "../app/words.ts";
import { AliasBadge, Badge, Facts, FailureBox, Heading, Icon, Id, Section, StageBadge, To, TrustBadge, Waiting } from "../parts/bits.tsx";
import { Dropping } from "../parts/dropping.tsx";
import { judged } from "../parts/judged.ts";
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
      <Heading title="Check a file" tab="Check a file"><p class="lead">Drop a model file: which version is it of, and may it be used? It is read and hashed in this page, and goes nowhere.</p></Heading>
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
  const { tone, icon, title, words } = judged(name, it, standing.value === "verified");
  return (
    <>
      <div class={`verdict ${tone}`}>
        <Icon name={icon} />
        <div>
          <p class="verdict-title">{title}</p>
          <p>{words}</p>
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
  return <li><To to={{ screen: "version", model, version }}>{match.reference}</To> <span class="soft">{match.path}</span> <StageBadge stage={match.stage} /> <TrustBadge trust={match.trust} />{match.tainted && <> <Badge tone="bad">tainted</Badge></>} <span class="soft">1 of {count(match.files, "file")}</span> {match.aliases.map((alias) => <AliasBadge key={alias} alias={alias} />)}</li>;
}
