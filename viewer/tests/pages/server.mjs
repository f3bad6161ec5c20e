// A plain file server on 127.0.0.1, as any static host would be: no listing, no rewriting, strict about paths.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".json": "application/json" };

/** Serves folders by prefix, such as `{"/": "site", "/models.git/": "models"}`; resolves to the address and how to stop. */
export function serve(folders) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const seen = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    seen.push(path);
    const prefix = prefixes.find((it) => path.startsWith(it));
    const file = prefix === undefined ? "" : join(folders[prefix], path.slice(prefix.length) || "index.html");
    try {
      if (!statSync(file).isFile()) throw new Error("no file");
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "cache-control": "no-store" });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    }
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ url: `http://127.0.0.1:${server.address().port}`, seen, stop: () => new Promise((stopped) => server.close(stopped)) })));
}
