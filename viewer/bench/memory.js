// Files in memory, as isomorphic-git asks for them.

function error(code, path) {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

const clean = (path) => path.replace(/^\/+|\/+$/g, "").replace(/\/+/g, "/");

export function memoryFiles(bytes) {
  const folders = new Map([["", new Set()]]);
  for (const path of bytes.keys()) {
    const parts = path.split("/");
    for (let at = 0; at < parts.length; at++) {
      const above = parts.slice(0, at).join("/");
      if (!folders.has(above)) folders.set(above, new Set());
      folders.get(above).add(parts[at]);
    }
  }
  const stat = async (path) => {
    const at = clean(path);
    const file = bytes.get(at);
    if (!file && !folders.has(at)) throw error("ENOENT", path);
    return { type: file ? "file" : "dir", mode: 0o100644, size: file?.length ?? 0, ino: 0, mtimeMs: 0, ctimeMs: 0, uid: 1, gid: 1, dev: 1, isFile: () => Boolean(file), isDirectory: () => !file, isSymbolicLink: () => false };
  };
  const refuse = async (path) => {
    throw error("EROFS", path);
  };
  return {
    promises: {
      async readFile(path, options) {
        const file = bytes.get(clean(path));
        if (!file) throw error("ENOENT", path);
        const coding = typeof options === "string" ? options : options?.encoding;
        return coding ? new TextDecoder().decode(file) : file;
      },
      async readdir(path) {
        const names = folders.get(clean(path));
        if (!names) throw error("ENOENT", path);
        return [...names];
      },
      stat, lstat: stat, readlink: refuse, writeFile: refuse, unlink: refuse, mkdir: refuse, rmdir: refuse, symlink: refuse, chmod: refuse,
    },
  };
}
