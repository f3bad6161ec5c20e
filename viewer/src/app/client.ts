// The page's side of the worker: questions get answers by id, events go to whoever listens.
import type { Answer, Arguments, Event, Failure, Order, Place, Question, Reply, Request, Wanted } from "../protocol.ts";

/** What a worker's answer throws here. */
export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** How a build starts its worker and finds the module: from files beside it, or from what the page carries. */
export interface Boot {
  worker(): Worker;
  module(): Promise<ArrayBuffer | string>;
  /** The registry that the page comes with, where it does. */
  place(): Place | null;
}

export class Client {
  private readonly worker: Worker;
  /** Another one of the same script, which puts rows in order and never waits for a verification. */
  private readonly lister: Worker;
  private readonly waiting = new Map<number, { done(value: unknown): void; failed(error: Refused): void }>();
  private next = 1;
  /** The request to open whose events are listened to. */
  private opening = 0;

  constructor(boot: Boot, private readonly module: Promise<ArrayBuffer | string>, listen: (event: Event) => void) {
    this.worker = boot.worker();
    this.lister = boot.worker();
    const hear = ({ data }: MessageEvent<Reply>) => {
      if ("event" in data) {
        if (data.by !== this.opening) return;
        if (data.event === "rows") this.lister.postMessage({ do: "rows", id: 0, rows: data.rows, anew: data.start === 0 } satisfies Request);
        listen(data);
        return;
      }
      const waits = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("failure" in data) waits?.failed(new Refused(data.failure));
      else waits?.done(data.answer);
    };
    this.worker.onmessage = this.lister.onmessage = hear;
    this.worker.onerror = (event) => listen({ event: "failed", failure: { code: "bug", message: event.message || "the worker could not start", hint: "reload the page", fields: {} } });
  }

  private send<T>(request: Request, to = this.worker): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.waiting.set(request.id, { done: done as (value: unknown) => void, failed });
      to.postMessage(request);
    });
  }

  /** The places of the rows that fit a text, in order. */
  order(order: Order): Promise<Uint32Array> {
    return this.send({ do: "order", id: this.next++, order }, this.lister);
  }

  async open(place: Place, wanted: Wanted): Promise<void> {
    const id = this.next++;
    this.opening = id;
    const module = await this.module;
    if (id === this.opening) await this.send({ do: "open", id, place, module, wanted });
  }

  ask<Q extends Question>(question: Q, ...args: Arguments<Q>): Promise<Awaited<Answer<Q>>> {
    return this.send({ do: "ask", id: this.next++, question, args });
  }

  stop(): void {
    this.worker.postMessage({ do: "stop", id: 0 } satisfies Request);
  }
}
