// Whatever is thrown becomes a fault with a code, so that a page can say what, where and what next.
import type { Fault } from "../protocol.ts";

export class Trouble extends Error implements Fault {
  constructor(readonly code: string, message: string, readonly hint: string | null = null, readonly fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
  }
}

/** A person stopped it. */
export class Stopped extends Error {}

export function faultOf(error: unknown): Fault {
  const it = error as Partial<Fault> & { message?: string };
  return {
    code: typeof it.code === "string" ? it.code : "bug",
    message: it.message ?? String(error),
    hint: it.hint ?? null,
    fields: it.fields ?? {},
  };
}

/** The object that the module lacks, where that is what it threw. */
export function missing(error: unknown): string | null {
  const fault = faultOf(error);
  if (fault.code !== "missing-object" && fault.code !== "incomplete") return null;
  const oid = fault.fields["oid"];
  return typeof oid === "string" ? oid : null;
}
