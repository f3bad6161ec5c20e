// Who held an alias when, to scale. The list of moves beside it is its text twin.
import type { MoveRow } from "refmark-wasm";
import { useWidth } from "./width.ts";
import { count, day, minute, span } from "../app/words.ts";

const [LANE, LEFT, RIGHT, TOP] = [26, 86, 8, 8];
/** More moves than that are told by the list alone. */
const MOVES = 400;
const LANES = 14;

interface Held { readonly version: number; readonly from: number; readonly to: number; readonly last: boolean; }

/** The stretches in which a version held the alias, oldest first. */
export function stretches(moves: readonly MoveRow[], until: string): readonly Held[] {
  const ordered = [...moves].sort((a, b) => a.sequence - b.sequence);
  return ordered.flatMap((move, at) => {
    const next = ordered[at + 1];
    const end = next ? (next.landed ?? next.time) : until;
    const from = Date.parse(move.landed ?? move.time);
    return move.to ? [{ version: move.to.version, from, to: Math.max(from, Date.parse(end)), last: next === undefined }] : [];
  });
}

export function Holding({ moves, until }: { readonly moves: readonly MoveRow[]; readonly until: string }) {
  const [box, width] = useWidth(280, 1184);
  const held = stretches(moves.slice(0, MOVES), until);
  const versions = [...new Set(held.map((it) => it.version))].sort((a, b) => b - a);
  if (held.length === 0 || versions.length > LANES) return <p class="soft">{count(versions.length, "version")} held it; the moves below tell each.</p>;
  const [start, end] = [Math.min(...held.map((it) => it.from)), Math.max(...held.map((it) => it.to))];
  const x = (time: number) => LEFT + ((time - start) / (end - start || 1)) * (width - LEFT - RIGHT);
  const height = TOP + versions.length * LANE + 24;
  const iso = (time: number) => new Date(time).toISOString();
  const longest = versions.map((version) => ({ version, held: held.filter((it) => it.version === version).reduce((sum, it) => sum + it.to - it.from, 0) })).sort((a, b) => b.held - a.held)[0];
  const near = end - start < 3 * 86400e3;
  return (
    <figure class="chart" ref={box}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Who held it from ${minute(iso(start))} to ${minute(iso(end))}; version ${longest?.version} held it longest. The moves below tell each.`}>
        {versions.map((version, lane) => (
          <g key={version}>
            <text class="tick lane-name" x={LEFT - 12} y={TOP + lane * LANE + LANE / 2} text-anchor="end" dominant-baseline="middle">version {version}</text>
            <line class="grid" x1={LEFT} x2={width - RIGHT} y1={TOP + lane * LANE + LANE / 2} y2={TOP + lane * LANE + LANE / 2} />
            {held.filter((it) => it.version === version).map((it, at) => (
              <rect key={at} class={it.last ? "held-bar now" : "held-bar"} x={x(it.from)} y={TOP + lane * LANE + 5} width={Math.max(3, x(it.to) - x(it.from))} height={LANE - 10} rx="3">
                <title>{`version ${version}: ${minute(iso(it.from))}, for ${span(iso(it.from), iso(it.to))}`}</title>
              </rect>
            ))}
          </g>
        ))}
        <text class="tick" x={LEFT} y={height - 6}>{near ? minute(iso(start)) : day(iso(start))}</text>
        <text class="tick" x={width - RIGHT} y={height - 6} text-anchor="end">{near ? minute(iso(end)) : day(iso(end))}</text>
      </svg>
    </figure>
  );
}
