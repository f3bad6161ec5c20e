// Gates and signers: what was asked for, what was found, and what to do next.
import type { GateReview, SaidReview, SignerReview, Status } from "refmark-wasm";
import { Icon, Out, When } from "./bits.tsx";

const LOOKS: Readonly<Record<Status, readonly [string, string]>> = {
  passed: ["good", "check"], failed: ["bad", "cross"], missing: ["warn", "dash"], pending: ["warn", "wait"], waived: ["warn", "dash"],
};

export function Gates({ gates, label }: { readonly gates: readonly GateReview[]; readonly label: string }) {
  if (gates.length === 0) return <p class="soft">The policy asks for no gate here.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table class="plain gates stack">
        <thead><tr><th scope="col">Gate</th><th scope="col">Outcome</th><th scope="col">Expected</th><th scope="col">Found</th></tr></thead>
        <tbody>{gates.map((gate, at) => <GateRow key={at} gate={gate} />)}</tbody>
      </table>
    </div>
  );
}

function GateRow({ gate }: { readonly gate: GateReview }) {
  const [tone, icon] = LOOKS[gate.status];
  const found = /^"?[0-9a-f]{64}"?$/.test(gate.found) ? `present, ${gate.found.replaceAll('"', "").slice(0, 12)}…` : gate.found;
  return (
    <tr>
      <th scope="row">{gate.name}</th>
      <td><span class={`mark ${tone}`}><Icon name={icon} /> {gate.status}</span></td>
      <td data-of="expected">{gate.expected}{gate.waivable && gate.status !== "passed" && <span class="soft"> (may be waived)</span>}</td>
      <td data-of="found">
        {found}{gate.run && <> · <Out url={gate.run}>the run</Out></>}
        {gate.next && gate.status !== "passed" && <div class="next"><code>{gate.next}</code></div>}
      </td>
    </tr>
  );
}

/** Who signed for what, and who still could. */
export function Signers({ signers, said }: { readonly signers: readonly SignerReview[]; readonly said: readonly SaidReview[] }) {
  return (
    <ul class="signers">
      {signers.map((signer, at) => {
        const free = signer.could.filter(([, used]) => !used).map(([who]) => who);
        const words = said.find((it) => it.by === signer.by)?.reason;
        return (
          <li key={at}>
            {signer.by === null
              ? <><span class="mark warn"><Icon name="wait" /> missing</span> <strong>{signer.asks}</strong>{signer.not_author && <span class="soft">, not the author</span>}: {free.length > 0 ? <>{free.join(", ")} could</> : "nobody could"}</>
              : <><span class="mark good"><Icon name="check" /> {signer.by}</span> <span class="soft">as</span> {signer.asks}{signer.time && <span class="soft"> · <When time={signer.time} /></span>}{words && <q class="reason">{words}</q>}</>}
          </li>
        );
      })}
      {said.filter((it) => it.waives.length > 0).map((it, at) => <li key={`w${at}`}><span class="mark warn"><Icon name="dash" /> waiver</span> {it.by} waived {it.waives.join(", ")}: <q class="reason">{it.reason}</q></li>)}
    </ul>
  );
}
