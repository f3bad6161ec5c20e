// The one place where a URL becomes a script: the worker's. Nothing else of the page may, and no text ever becomes markup.

interface Policies { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }

export function startWorker(url: string, kind: WorkerType): Worker {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  const trusted = policies?.createPolicy("refmark", { createScriptURL: (it) => it }).createScriptURL(url) ?? url;
  return new Worker(trusted, { type: kind, name: "refmark" });
}
