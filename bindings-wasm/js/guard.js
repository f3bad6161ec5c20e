// What a caller in JavaScript can do that the module cannot see: another type than it takes, an object that was freed. Each
// ends in an error of the same form as every other.

const misuse = (message, hint = null) => Object.assign(new Error(message), { code: "bad-argument", hint, fields: {} });

/** What an argument is, and the word for it: text, number, bytes, list of texts, function. */
const KINDS = {
  s: ["a text", (value) => typeof value === "string"],
  n: ["a number", (value) => typeof value === "number" && Number.isFinite(value)],
  v: ["a number or a text", (value) => typeof value === "string" || typeof value === "number"],
  b: ["a Uint8Array", (value) => value instanceof Uint8Array],
  a: ["a list of texts", (value) => Array.isArray(value) && value.every((it) => typeof it === "string")],
  f: ["a function", (value) => typeof value === "function"],
};

/** The arguments of each method, in order; `?` where one may be left out. */
const SIGNATURES = {
  RefmarkRepository: {
    addPack: "s b b?", addLoose: "s b", addBundle: "b", addRef: "s s", addPackedRefs: "s", addHead: "s", addShallow: "s", branch: "s", commit: "s", firstParents: "s n",
    changes: "s", list: "s s", file: "s s n", isOnChain: "s s", verify: "s s? s?", view: "s",
  },
  View: {
    versions: "s", show: "s", resolve: "s s?", log: "s? n?", diff: "s s", review: "s s", reviewText: "s s s", explain: "s", whyNot: "s v s? s?", report: "s", search: "s n? a?",
    policy: "n?", sunset: "s?", marks: "a", modelWords: "s", versionWords: "s",
  },
  Verification: { step: "n" },
  Sha256: { update: "b" },
};

const kindsOf = (signature) => signature.split(" ").map((it) => ({ kind: KINDS[it[0]], optional: it.endsWith("?") }));

function checkAll(name, kinds, given) {
  kinds.forEach(({ kind: [word, fits], optional }, at) => {
    const value = given[at];
    if ((optional && (value === undefined || value === null)) || fits(value)) return;
    const found = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
    throw misuse(`argument ${at + 1} of ${name} is ${word}, and ${found} was given`);
  });
}

/** Runs what may throw; whatever is thrown has a code. */
function typed(work) {
  try {
    return work();
  } catch (error) {
    if (error !== null && typeof error === "object" && typeof error.code === "string") throw error;
    throw Object.assign(new Error(String(error?.message ?? error)), { code: "bug", hint: "please report it", fields: {}, cause: error });
  }
}

/** Guards every method of these classes; once each. */
export function guard(classes) {
  for (const [name, of] of Object.entries(classes)) {
    const methods = SIGNATURES[name] ?? {};
    for (const method of Object.getOwnPropertyNames(of.prototype)) {
      const inner = of.prototype[method];
      // What frees an object may be called on one that was freed, and what begins with `_` is the module's own.
      if (["constructor", "free"].includes(method) || method.startsWith("_") || typeof inner !== "function") continue;
      const kinds = methods[method] === undefined ? [] : kindsOf(methods[method]);
      of.prototype[method] = function (...given) {
        if (!this.__wbg_ptr) throw misuse(`this ${name} was freed`, "ask before free(), or make another one");
        checkAll(`${name}.${method}`, kinds, given);
        return typed(() => inner.apply(this, given));
      };
    }
  }
}

/** A function of the module, guarded in the same way. */
export function guarded(name, signature, inner) {
  const kinds = kindsOf(signature);
  return (...given) => {
    checkAll(name, kinds, given);
    return typed(() => inner(...given));
  };
}
