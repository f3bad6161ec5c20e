// The worker's door: one registry at a time.
import type { Event, Reply, Request } from "../protocol.ts";
import { failureOf, Stopped, Trouble } from "./failure.ts";
import { load } from "./module.ts";
import { openPlace } from "./place.ts";
import { Ordered } from "./rows.ts";
import { Session } from "./session.ts";

const port = self as unknown as { onmessage: ((message: MessageEvent<Request>) => void) | null; postMessage(reply: Reply, move: Transferable[]): void };

function send(reply: Reply): void {
  const move = "answer" in reply && reply.answer instanceof Uint32Array ? [reply.answer.buffer as ArrayBuffer] : [];
  port.postMessage(reply, move);
}

const ordered = new Ordered();
let session: Promise<Session> | null = null;
let opening = new AbortController();

async function open(request: Extract<Request, { do: "open" }>): Promise<void> {
  opening.abort();
  opening = new AbortController();
  const signal = opening.signal;
  // What is stopped says nothing more, so that nothing of it is taken for the registry that was opened instead.
  const tell = (event: Event): void => {
    if (!signal.aborted) send({ ...event, by: request.id });
  };
  const module = () => load(request.module);
  const begun = (async () => {
    // A bundle is unpacked by the module; of everything else the first screen needs none.
    if (request.place.kind === "bundle") await module();
    return new Session(await openPlace(request.place, signal), tell, request.wanted, signal);
  })();
  session = begun;
  begun.catch(() => undefined);
  await (await begun).run(module);
}

port.onmessage = ({ data }) => {
  if (data.do === "stop") {
    opening.abort();
    return;
  }
  const { id } = data;
  if (data.do === "rows") {
    ordered.take(data.rows, data.anew);
    return;
  }
  if (data.do === "order") {
    send({ id, answer: ordered.order(data.order) });
    return;
  }
  const work = data.do === "open" ? open(data) : answer(data);
  work.then((value) => send({ id, answer: value ?? null })).catch((error: unknown) => {
    if (error instanceof Stopped) send({ id, failure: { code: "stopped", message: "stopped", hint: null, fields: {} } });
    else {
      send({ id, failure: failureOf(error) });
      if (data.do === "open") send({ event: "failed", failure: failureOf(error), by: id });
    }
  });
};

async function answer(request: Extract<Request, { do: "ask" }>): Promise<unknown> {
  if (session === null) throw new Trouble("nothing-here", "no registry has been opened");
  return (await session).ask(request.question, request.args as never);
}
