// Turns a TypeScript file into the JavaScript that it is, when it is imported.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.ReactJSX, jsxImportSource: "preact", verbatimModuleSyntax: true };

export function load(url, context, next) {
  if (!/\.tsx?$/.test(url)) return next(url, context);
  const source = ts.transpileModule(readFileSync(fileURLToPath(url), "utf8"), { compilerOptions }).outputText;
  return { format: "module", source, shortCircuit: true };
}
