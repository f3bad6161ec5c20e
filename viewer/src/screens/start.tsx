// Before a registry is open: a place to drop one; and while it opens or where it could not be opened.
import { again, announce, failure, go, href, loading, opened, openDropped, phase, stop } from "../app/state.ts";
import { bytes } from "../app/words.ts";
import { FailureBox, Heading, Waiting } from "../parts/bits.tsx";
import { Dropping, type Dropped } from "../parts/dropping.tsx";

/** A bundle is one file; everything else is a folder. */
export function openFiles(files: readonly Dropped[]): void {
  const [first] = files;
  if (!first) return;
  const bundle = files.length === 1 && /\.bundle$/.test(first.path);
  if (opened.value !== null && files.length === 1 && !bundle) {
    go(href({ screen: "file" }));
    announce("To compare a model file with this registry, drop it on the field of this page");
    return;
  }
  if (bundle) void openDropped({ kind: "bundle", file: first.file });
  else void openDropped({ kind: "files", files });
}

export function Start() {
  return (
    <div class="start">
      <Heading title="Read a registry" tab="Read a registry">
        <p class="lead">Which model is live, where it came from, who approved it: checked in this browser, from the registry's own bytes. Nothing leaves this page.</p>
      </Heading>
      {phase.value === "failed" && failure.value && <FailureBox failure={failure.value} title={failure.value.code === "unreachable" || failure.value.code === "missing-file" ? "A part of the registry did not come" : "This is not a registry that can be read"} />}
      {(phase.value === "failed" || phase.value === "stopped") && <p><button type="button" class="button" onClick={again}>Try again</button></p>}
      {phase.value === "stopped" && <p class="note">Stopped.</p>}
      <Dropping label="Drop a registry's folder, a .git, an exported site or a Git bundle here" folder="Choose a folder" button="Choose a bundle" take={openFiles} />
      <section class="ways" aria-labelledby="ways"><h2 id="ways">Other ways in</h2>
        <ul class="sentences">
          <li><code>refmark export-site site/</code> writes this viewer with a registry beside it, for any file host.</li>
          <li><code>refmark view</code> does the same in a temporary folder and opens it.</li>
          <li><code>git bundle create registry.bundle --all</code> makes one file to drop here.</li>
        </ul>
      </section>
    </div>
  );
}

export function Opening() {
  const it = loading.value;
  return (
    <div class="start">
      <Heading title="Opening the registry" tab="Opening" />
      <p role="status">{it ? `Reading ${it.what}: ${it.unit === "bytes" ? `${bytes(it.done)} of ${bytes(it.total)}` : `${it.done.toLocaleString("en")} of ${it.total.toLocaleString("en")}`}` : "Reading what is there"}</p>
      <Waiting lines={8} />
      <button type="button" class="button quiet" onClick={stop}>Stop</button>
    </div>
  );
}
