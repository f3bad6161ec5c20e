// What the module says of an attack of tests/attacks, by the contract in its README. Runs in Node and in a page.

/** The verdict, the codes and paths of the problems, and what aliases hold. */
export function judge(refmark, attack, bundle) {
  const repository = new refmark.RefmarkRepository();
  try {
    repository.addBundle(bundle);
    const verification = repository.verify(attack.head, attack.pin, attack.seen ?? undefined);
    while (verification.step(3) > 0);
    const report = verification.finish();
    const view = verification.view();
    const holds = {};
    for (const alias of Object.keys(attack.expect.resolves ?? {})) holds[alias] = held(view, alias);
    return { verdict: report.verdict, problems: report.problems.map(({ code, path }) => [code, path ?? null]), holds };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { verdict: "error", problems: [[error.code, null]], holds: attack.expect.resolves ?? {} };
  }
}

function held(view, alias) {
  try {
    return view.show(alias).version.version;
  } catch (error) {
    if (error.code === "not-found") return null;
    throw error;
  }
}

/** Why the module is wrong about an attack; undefined where it is right. */
export function differs({ expect }, said) {
  const found = expect.code === null
    ? said.problems.length === 0
    : said.problems.some(([code, path]) => code === expect.code && (expect.path === null || path === expect.path));
  const holds = Object.entries(expect.resolves ?? {}).every(([alias, version]) => said.holds[alias] === version);
  if (expect.verdict === said.verdict && found && holds) return undefined;
  return `expected ${JSON.stringify(expect)}, found ${JSON.stringify(said)}`;
}
