// A place to drop files on, with a button for those who do not drag.
import { useRef, useState } from "preact/hooks";

export interface Dropped { readonly path: string; readonly file: File; }

/** Every file below a dropped folder, with its path. */
async function below(entry: FileSystemEntry, found: Dropped[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (entries.length === 0) return;
    await Promise.all(entries.filter(wanted).map((it) => below(it, found)));
  }
}

/** Weights and other people's packages lie beside a registry, and are not read. */
const wanted = (entry: FileSystemEntry): boolean => !["node_modules", "lfs", "blobs"].includes(entry.name);

export async function filesOf(transfer: DataTransfer): Promise<Dropped[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: Dropped[] = [];
  await Promise.all(entries.map((entry) => below(entry, found)));
  return found;
}

interface Props { readonly label: string; readonly button: string; readonly single?: boolean; readonly folder?: string; take(files: readonly Dropped[]): void; }

export function Dropping({ label, button, single, folder, take }: Props) {
  const [over, set] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement) => {
    take([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    input.value = "";
  };
  return (
    <div class={`drop ${over ? "over" : ""}`}
      onDragOver={(event) => { event.preventDefault(); set(true); }} onDragLeave={() => set(false)}
      onDrop={(event) => { event.preventDefault(); event.stopPropagation(); set(false); if (event.dataTransfer) void filesOf(event.dataTransfer).then(take); }}>
      <p>{label}</p>
      <div class="drop-buttons">
        {folder && <button type="button" class="button" onClick={() => folders.current?.click()}>{folder}</button>}
        <button type="button" class={folder ? "button quiet" : "button"} onClick={() => files.current?.click()}>{button}</button>
      </div>
      <input ref={files} type="file" class="hidden" tabIndex={-1} aria-hidden="true" multiple={!single} onChange={(event) => chosen(event.currentTarget)} />
      {folder && <input ref={folders} type="file" class="hidden" tabIndex={-1} aria-hidden="true" {...{ webkitdirectory: true }} onChange={(event) => chosen(event.currentTarget)} />}
    </div>
  );
}
