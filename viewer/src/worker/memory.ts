// What this browser verified before, by registry: a head that was taken back, or another root, is noticed without any link
// that says so. It is a memory of this browser alone; nothing of it is sent anywhere.

/** The last verified state of a registry. */
export interface Memory {
  readonly id: string;
  /** The newest commit of its branch that was verified here. */
  readonly head: string;
  /** The root that it was held to then; null where no link named one. */
  readonly root: string | null;
  /** When, by this computer's clock. */
  readonly time: string;
}

const [DATABASE, STORE] = ["refmark", "verified"];

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  return (await done(opening)).transaction(STORE, mode).objectStore(STORE);
}

const isMemory = (it: unknown): it is Memory => typeof it === "object" && it !== null && ["id", "head", "time"].every((name) => typeof (it as Record<string, unknown>)[name] === "string");

/** What is remembered of a registry; null where nothing is, or where this page may not remember, as from a disk. */
export async function recall(id: string): Promise<Memory | null> {
  try {
    const found: unknown = await done((await store("readonly")).get(id));
    return isMemory(found) ? found : null;
  } catch {
    return null;
  }
}

export async function remember(memory: Memory): Promise<void> {
  try {
    await done((await store("readwrite")).put(memory));
  } catch {
    // A page that may not remember tells what it can without.
  }
}

/** Forgets a registry: what a person does who knows that it began anew. */
export async function forget(id: string): Promise<void> {
  try {
    await done((await store("readwrite")).delete(id));
  } catch {
    // Nothing was remembered then.
  }
}
