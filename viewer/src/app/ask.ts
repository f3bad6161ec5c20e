// Questions of a screen to the worker. What was answered before stays on the screen until the new answer is there.
import { useEffect, useState } from "preact/hooks";
import type { Answer, Arguments, Fault, Question } from "../protocol.ts";
import { Refused } from "./client.ts";
import { ask, epoch } from "./state.ts";

export type Asked<T> =
  | { readonly state: "waiting" }
  | { readonly state: "told"; readonly answer: T }
  | { readonly state: "refused"; readonly fault: Fault };

export function faultFrom(error: unknown): Fault {
  if (error instanceof Refused) return error.fault;
  return { code: "bug", message: String(error), hint: null, fields: {} };
}

/** Asks, and asks again when the view changes. `null` in place of arguments asks nothing. */
export function useAnswer<Q extends Question>(question: Q, args: Arguments<Q> | null): Asked<Awaited<Answer<Q>>> {
  const key = args === null ? null : JSON.stringify([question, ...args]);
  const [held, hold] = useState<{ readonly key: string | null; readonly asked: Asked<Awaited<Answer<Q>>> }>({ key: null, asked: { state: "waiting" } });
  const now = epoch.value;
  useEffect(() => {
    if (args === null) return;
    let wanted = true;
    ask(question, ...args).then(
      (answer) => wanted && hold({ key, asked: { state: "told", answer } }),
      (error: unknown) => wanted && hold({ key, asked: { state: "refused", fault: faultFrom(error) } }),
    );
    return () => {
      wanted = false;
    };
  }, [key, now]);
  return held.key === key ? held.asked : { state: "waiting" };
}
