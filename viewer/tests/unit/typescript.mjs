// Lets `node --test` read the sources: node --import ./tests/unit/typescript.mjs --test tests/unit/*.test.mjs
import { register } from "node:module";

register("./typescript-hook.mjs", import.meta.url);
