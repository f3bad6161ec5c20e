// Where a version came from and what was made of it: a drawing in columns, and the same as a list.
import { Out, To } from "./bits.tsx";
import { VersionRef } from "./marks.tsx";
import type { Screen } from "../app/route.ts";
import { short } from "../app/words.ts";

export interface Node { readonly title: string; readonly detail: string; readonly to: Screen | null; }
export interface Lineage { readonly before: readonly Node[]; readonly here: Node; readonly after: readonly Node[]; }

const [BOX, GAP, TALL, COLUMN] = [196, 14, 48, 262];

function column(nodes: readonly Node[], x: number, height: number): { readonly node: Node; readonly x: number; readonly y: number }[] {
  const used = nodes.length * TALL + (nodes.length - 1) * GAP;
  return nodes.map((node, at) => ({ node, x, y: (height - used) / 2 + at * (TALL + GAP) }));
}

const cut = (text: string): string => (text.length > 22 ? `${text.slice(0, 21)}…` : text);

export function LineageGraph({ before, here, after }: Lineage) {
  const height = Math.max(before.length, after.length, 1) * (TALL + GAP) + 8;
  const columns = [before, [here], after].filter((nodes) => nodes.length > 0);
  const placed = columns.map((nodes, at) => column(nodes, at * COLUMN + 2, height));
  const width = (columns.length - 1) * COLUMN + BOX + 4;
  const mid = before.length > 0 ? 1 : 0;
  const centre = placed[mid]?.[0];
  const edges = placed.flatMap((boxes, at) => (at === mid || !centre ? [] : boxes.map((box) => (at < mid ? [box, centre] as const : [centre, box] as const))));
  return (
    <div class="lineage">
      <div class="scroll" tabIndex={0} role="group" aria-label="Lineage, as a drawing">
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
          {edges.map(([a, b], at) => {
            const [x1, y1, x2, y2] = [a.x + BOX, a.y + TALL / 2, b.x, b.y + TALL / 2];
            return <path key={at} class="edge" d={`M${x1} ${y1}C${x1 + 34} ${y1} ${x2 - 34} ${y2} ${x2 - 5} ${y2}M${x2 - 10} ${y2 - 4}L${x2 - 4} ${y2}L${x2 - 10} ${y2 + 4}`} />;
          })}
          {placed.flat().map(({ node, x, y }, at) => (
            <g key={at} class={node === here ? "box here" : "box"}>
              <rect x={x} y={y} width={BOX} height={TALL} rx="6" />
              <text x={x + 12} y={y + 20} class="box-title">{cut(node.title)}</text>
              <text x={x + 12} y={y + 37} class="box-detail">{cut(node.detail)}</text>
            </g>
          ))}
        </svg>
      </div>
      <ul class="twin">
        {[...before, ...after].map((node) => <li key={node.detail + node.title}><span>{node.detail}</span><NodeLink node={node} /></li>)}
      </ul>
    </div>
  );
}

function NodeLink({ node }: { readonly node: Node }) {
  if (node.to?.screen === "version") return <span><VersionRef model={node.to.model} version={Number(node.to.version)} /></span>;
  if (node.to) return <span><To to={node.to}>{node.title}</To></span>;
  return <span>{/^https?:/.test(node.title) ? <Out url={node.title} /> : <code>{node.title}</code>}</span>;
}

export const unnamed = (artifact: string): string => `sha256-${short(artifact)}`;
