// A table of tensors, of any length.
import type { Tensor, TensorEntry } from "refmark-wasm";
import { bytes } from "../app/words.ts";
import { Name, useMore } from "./bits.tsx";

const [SHOWN, MORE] = [400, 2000];

/** A manifest has tensors' digests; the header of a dropped file does not. */
const digest = (tensor: Tensor | TensorEntry): string => {
  if ("blake3" in tensor && tensor.blake3) return tensor.blake3;
  return "sha256" in tensor ? tensor.sha256 ?? "" : "";
};

export function Tensors({ tensors }: { readonly tensors: readonly (Tensor | TensorEntry)[] }) {
  const [shown, more] = useMore(tensors, SHOWN, MORE, "tensors");
  const digests = tensors.some((tensor) => digest(tensor) !== "");
  return (
    <div class="scroll tall" tabIndex={0} role="group" aria-label="Tensors">
      <table class="plain">
        <thead><tr><th scope="col">Tensor</th><th scope="col">Type</th><th scope="col">Shape</th><th scope="col" class="end">Size</th>{digests && <th scope="col">Digest</th>}</tr></thead>
        <tbody>{shown.map((tensor, at) => (
          <tr key={at}><th scope="row"><code><Name of={tensor.name} /></code></th><td>{tensor.dtype}</td><td class="figure">{tensor.shape.join(" × ") || "scalar"}</td><td class="end">{bytes(tensor.bytes)}</td>{digests && <td><code title={digest(tensor)}>{digest(tensor).slice(0, 12)}</code></td>}</tr>
        ))}</tbody>
      </table>
      {more}
    </div>
  );
}
