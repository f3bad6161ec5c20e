// A metric over versions, as one drawing. Its text twin is the table of versions beside it.
import { day, figure, rounded } from "../app/words.ts";
import { Name } from "./bits.tsx";
import { useWidth } from "./width.ts";

export interface Point { readonly version: number; readonly time: number; readonly value: number; readonly aliases: readonly string[]; /** Why nobody is to use it; null where nothing is against it. */ readonly unsafe: string | null; }

const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [220, 58, 16, 22, 30];
/** More points than that are drawn as the line through the lowest and highest of each column. */
const POINTS = 600;

/** Round numbers between two bounds, about `wanted` of them. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  const rough = (high - low) / wanted;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough) ?? rough;
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) found.push(at * step);
  return found;
}

/** The points that a drawing of limited width can show. */
export function thinned(points: readonly Point[], limit = POINTS): readonly Point[] {
  if (points.length <= limit) return points;
  const size = Math.ceil(points.length / (limit / 2));
  const kept: Point[] = [];
  for (let at = 0; at < points.length; at += size) {
    const group = points.slice(at, at + size);
    const [low, high] = [group.reduce((a, b) => (b.value < a.value ? b : a)), group.reduce((a, b) => (b.value > a.value ? b : a))];
    kept.push(...(low.version === high.version ? [low] : low.version < high.version ? [low, high] : [high, low]));
  }
  return kept;
}

export function Chart({ name, points, byTime }: { readonly name: string; readonly points: readonly Point[]; readonly byTime: boolean }) {
  const [box, width] = useWidth(280, 1184);
  const shown = thinned(points);
  const values = shown.map((point) => point.value);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const room = (max - min || Math.abs(max) || 1) * 0.12;
  const [low, high] = [min - room, max + room];
  const along = (point: Point) => (byTime ? point.time : point.version);
  const places = shown.map(along);
  const [first, last] = [Math.min(...places), Math.max(...places)];
  const across = (place: number) => LEFT + ((place - first) / (last - first || 1)) * (width - LEFT - RIGHT);
  const x = (point: Point) => across(along(point));
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const best = (pick: number) => shown.find((point) => point.value === pick)?.version;
  const said = `${name} over ${points.length} versions: lowest ${figure(min)} (version ${best(min)}), highest ${figure(max)} (version ${best(max)}). ${shown.some((point) => point.unsafe !== null) ? `Not to be used: ${shown.filter((point) => point.unsafe !== null).slice(0, 5).map((point) => `version ${point.version}, ${point.unsafe}`).join("; ")}. ` : ""}The table of versions has every value.`;
  return (
    <figure class="chart" ref={box}>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={said}>
        {ticks(low, high).map((tick) => (
          <g key={tick}><line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} /><text class="tick" x={LEFT - 10} y={y(tick)} text-anchor="end" dominant-baseline="middle">{rounded(tick)}</text></g>
        ))}
        {byTime ? [first, last].map((time, at) => <text key={at} class="tick" x={across(time)} y={HEIGHT - 8} text-anchor={at === 0 ? "start" : "end"}>{day(new Date(time).toISOString())}</text>)
          : ticks(first, last, width / 90).filter(Number.isInteger).map((tick) => <text key={tick} class="tick" x={across(tick)} y={HEIGHT - 8} text-anchor="middle">{tick}</text>)}
        <path class="line" d={shown.map((point, at) => `${at === 0 ? "M" : "L"}${x(point).toFixed(1)} ${y(point.value).toFixed(1)}`).join("")} />
        {shown.filter((point) => shown.length <= 80 || point.aliases.length > 0 || point.unsafe !== null).map((point) => (
          <g key={point.version}>
            <circle class={`point${point.aliases.length > 0 ? " held" : ""}${point.unsafe === null ? "" : " unsafe"}`} cx={x(point)} cy={y(point.value)} r={point.aliases.length > 0 ? 5 : 3.5}><title>{`version ${point.version}: ${figure(point.value)}${point.unsafe === null ? "" : `, ${point.unsafe}`}`}</title></circle>
            {(point.aliases.length > 0 || point.unsafe !== null) && <text class="held-by" x={x(point)} y={y(point.value) - 11} text-anchor={x(point) > width - 90 ? "end" : x(point) < LEFT + 40 ? "start" : "middle"}>{point.aliases.map((alias) => `@${alias}`).join(" ")}{point.unsafe !== null && <tspan class="unsafe-word"> {point.unsafe}</tspan>}</text>}
          </g>
        ))}
      </svg>
      <figcaption class="soft"><Name of={name} /> by {byTime ? "time, by the clocks of those who registered" : "version"}, as registered (claims)</figcaption>
    </figure>
  );
}
