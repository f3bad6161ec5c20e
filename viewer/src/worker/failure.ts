// Whatever is thrown becomes a failure with a code, so that a page can say what, where and what next.
import type { Failure } from "../protocol.ts";

export class Trouble extends Error implements Failure {
  constructor(readonly code: string, message: string, readonly hint: string | null = null, readonly fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
  }
}

/** A person stopped it. */
export class Stopped extends Error {}

export function failureOf(error: unknown): Failure {
  const it = error as Partial<Failure> & { message?: string };
  return {
    code: typeof it.code === "string" ? it.code : "bug",
    message: it.message ?? String(error),
    hint: it.hint ?? null,
    fields: it.fields ?? {},
  };
}

/** The object that the module lacks, where that is what it threw. */
export function missing(error: unknown): string | null {
  const failure = failureOf(error);
  if (failure.code !== "missing-object" && failure.code !== "incomplete") return null;
  const oid = failure.fields["oid"];
  return typeof oid === "string" ? oid : null;
}
