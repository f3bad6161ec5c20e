// A site that `refmark export-site` wrote, read from end to end: fetched, verified, and asked.

const trouble = (code, message, hint, fields = {}) => Object.assign(new Error(message), { code, hint, fields });

/** A path of the site that stays inside it. */
function inside(path) {
  if (typeof path === "string" && /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) && !path.split("/").includes("..")) return path;
  throw trouble("bad-site", `site.json names ${JSON.stringify(path)}, which is no path of the site`, "export the site again");
}

export async function openSite(load, RefmarkRepository, url, { root, seen, branch, fetch: get = globalThis.fetch } = {}) {
  await load();
  const base = new URL(String(url).endsWith("/") ? url : `${url}/`, globalThis.document?.baseURI);
  const read = async (path, cache) => {
    const response = await get(new URL(path, base), { cache }).catch((error) => {
      throw trouble("unreachable", `${path} could not be fetched: ${error?.message ?? error}`, "try again", { path });
    });
    if (!response.ok) throw trouble(response.status === 404 ? "not-found" : "unreachable", `${path}: the server answered ${response.status}`, null, { path });
    return new Uint8Array(await response.arrayBuffer());
  };
  let site;
  try {
    site = JSON.parse(new TextDecoder().decode(await read("site.json", "no-cache")));
  } catch (error) {
    throw error.code ? error : trouble("bad-site", `site.json is not JSON: ${error.message}`, null);
  }
  if (site.format !== 1) throw trouble("upgrade-needed", `site.json has format ${site.format}; this package reads format 1`, "use the package that belongs to the refmark that exported it");
  if (!Array.isArray(site.packs) || typeof site.refs !== "object" || site.refs === null) throw trouble("bad-site", "site.json lacks its refs or packs", "export the site again");
  const name = branch ?? String(site.branch).replace(/^refs\/heads\//, "");
  const head = site.refs[`refs/heads/${name}`];
  if (typeof head !== "string") throw trouble("no-branch", `the branch ${name} is not among the refs of the site`, null);
  const repository = new RefmarkRepository();
  try {
    for (const [ref, oid] of Object.entries(site.refs)) repository.addRef(ref, oid);
    await Promise.all(site.packs.map(async (pack) => {
      const [bytes, idx] = await Promise.all([read(inside(pack.pack)), read(inside(pack.idx))]);
      repository.addPack(String(pack.name), bytes, idx);
    }));
    const verification = repository.verify(head, root, seen);
    try {
      return { head, branch: name, repository, report: verification.finish(), view: verification.view() };
    } finally {
      verification.free();
    }
  } catch (error) {
    repository.free();
    throw error;
  }
}
