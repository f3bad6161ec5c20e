// The one place where a URL becomes a script: the worker's. Nothing else of the page may, and no text ever becomes markup.

interface Policies { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }

/** Made once: a second policy of the name would be refused. */
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("refmark", { createScriptURL: (it) => it });

export function startWorker(url: string, kind: WorkerType): Worker {
  const trusted = policy?.createScriptURL(url) ?? url;
  return new Worker(trusted, { type: kind, name: "refmark" });
}
