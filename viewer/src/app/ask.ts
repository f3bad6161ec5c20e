// Questions of a screen to the worker. What was answered before stays on the screen until the new answer is there.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Answer, Arguments, Failure, Question } from "../protocol.ts";
import { Refused } from "./client.ts";
import { ask, epoch } from "./state.ts";

export type Asked<T> =
  | { readonly state: "waiting" }
  | { readonly state: "told"; readonly answer: T }
  | { readonly state: "refused"; readonly failure: Failure };

export function failureFrom(error: unknown): Failure {
  if (error instanceof Refused) return error.failure;
  return { code: "bug", message: String(error), hint: null, fields: {} };
}

/**
 * Does something in every render in which `when` changed, one at a time: what was wanted only while the one before it was
 * under way, such as the half of a word, is left out. `wanted` tells whether what came of it is still to be shown.
 */
export function useLatest(work: (wanted: () => boolean) => Promise<void>, when: readonly unknown[]): void {
  const last = useRef(Promise.resolve());
  useLayoutEffect(() => {
    let wanted = true;
    last.current = last.current.then(() => (wanted ? work(() => wanted) : undefined));
    return () => {
      wanted = false;
    };
  }, when);
}

/** Asks, and asks again when the view changes. `null` in place of arguments asks nothing. */
export function useAnswer<Q extends Question>(question: Q, args: Arguments<Q> | null): Asked<Awaited<Answer<Q>>> {
  const key = args === null ? null : JSON.stringify([question, ...args]);
  const [held, hold] = useState<{ readonly key: string | null; readonly asked: Asked<Awaited<Answer<Q>>> }>({ key: null, asked: { state: "waiting" } });
  useLatest(async (wanted) => {
    if (args === null) return;
    const asked = await ask(question, ...args).then(
      (answer) => ({ state: "told", answer }) as const,
      (error: unknown) => ({ state: "refused", failure: failureFrom(error) }) as const,
    );
    if (wanted()) hold({ key, asked });
  }, [key, epoch.value]);
  return held.key === key ? held.asked : { state: "waiting" };
}
