// A table of any length: only the rows near the window are in the page, and arrow keys walk all of them.
import type { ComponentChildren } from "preact";
import { flushSync } from "preact/compat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly width: string;
  /** Its width where the window is narrow. */
  readonly narrow?: string;
  readonly end?: boolean;
  /** Left out where there is less room: `wide` below 44rem, `wider` below 58rem, `widest` below 72rem. */
  readonly room?: Room;
  readonly cell: (row: T) => ComponentChildren;
}

export type Room = "wide" | "wider" | "widest";
const ROOMS: readonly (Room | undefined)[] = [undefined, "wide", "wider", "widest"];

/** How wide a table with so much room has to be at least, so that no column is squeezed to nothing: then it scrolls. */
function least<T>(columns: readonly Column<T>[], level: number): string {
  const shown = columns.filter((column) => ROOMS.indexOf(column.room) <= level);
  const rem = (width: string) => (width.endsWith("rem") ? Number.parseFloat(width) : 8);
  return `${shown.reduce((sum, column) => sum + rem(level === 0 ? (column.narrow ?? column.width) : column.width), 0).toFixed(1)}rem`;
}

export interface Sorting { readonly by: string; readonly down: boolean; readonly keys: readonly string[]; sort(by: string): void; }

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly length: number;
  readonly row: (at: number) => T | undefined;
  readonly id: (row: T) => string;
  /** Where Enter leads, and what the first cell links to. */
  readonly link: (row: T) => string;
  readonly sorting?: Sorting;
  readonly mark?: (row: T) => string;
}

const HEIGHT = 41;
const SPARE = 12;
/** So many rows are printed at most. */
const PRINTED = 5000;

/** The rows that lie in the window. */
function useWindow(body: { current: HTMLTableSectionElement | null }, length: number): readonly [number, number] {
  const [range, set] = useState<readonly [number, number]>([0, 40]);
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const from = Math.max(0, Math.min(length, Math.floor(top / HEIGHT) - SPARE));
      // Some rows are there even where the table begins below the window: nothing tells that there are any otherwise.
      const to = Math.min(length, Math.max(from + SPARE, Math.ceil((top + innerHeight) / HEIGHT) + SPARE));
      set((old) => (old[0] === from && old[1] === to ? old : [from, Math.max(from, to)]));
    };
    const later = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    // A printed sheet has no window: all rows that a person would leaf through are on it.
    const all = () => flushSync(() => set([0, Math.min(length, PRINTED)]));
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    addEventListener("beforeprint", all);
    addEventListener("afterprint", measure);
    return () => {
      removeEventListener("beforeprint", all);
      removeEventListener("afterprint", measure);
      cancelAnimationFrame(frame);
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [length]);
  return range;
}

export function Table<T>({ label, columns, length, row, id, link, sorting, mark }: Props<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [from, to] = useWindow(body, length);
  const [active, setActive] = useState(0);
  const wants = useRef<number | null>(null);
  const at = Math.min(active, Math.max(0, length - 1));
  // Keys come faster than renders on a busy machine: each counts from where the one before it led.
  const stands = useRef(at);
  stands.current = wants.current ?? at;

  const focus = () => {
    if (wants.current === null) return;
    // Somebody who went elsewhere meanwhile is not called back.
    const on = document.activeElement;
    if (on !== null && on !== document.body && !body.current?.closest("table")?.contains(on)) {
      wants.current = null;
      return;
    }
    const target = body.current?.querySelector<HTMLElement>(`[data-row="${wants.current}"] a`);
    if (target) {
      wants.current = null;
      target.focus({ preventScroll: true });
    }
  };
  // A row that was scrolled to is in the page only after the next render.
  useLayoutEffect(focus);

  const go = (next: number) => {
    const to = Math.max(0, Math.min(length - 1, next));
    wants.current = to;
    stands.current = to;
    setActive(to);
    focus();
    const top = (body.current?.getBoundingClientRect().top ?? 0) + to * HEIGHT;
    const headroom = 96;
    if (top < headroom) scrollBy({ top: top - headroom });
    else if (top + HEIGHT > innerHeight - 8) scrollBy({ top: top + HEIGHT - innerHeight + 8 });
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(innerHeight / HEIGHT) - 3);
    const at = stands.current;
    const steps: Readonly<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: length - 1 };
    const next = steps[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(next);
  };

  // The active row stays in the page, so that the focus is never lost while scrolling by wheel.
  const shown = Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
  return (
    <div class="table-box">
    <table class="table" aria-label={label} aria-rowcount={length + 1} onKeyDown={key} style={Object.fromEntries(ROOMS.map((_, level) => [`--least-${level}`, least(columns, level)]))}>
      <colgroup>{columns.map((column) => <col key={column.key} class={column.room ?? ""} style={{ "--width": column.width, "--narrow": column.narrow ?? column.width }} />)}</colgroup>
      <thead>
        <tr aria-rowindex={1}>{columns.map((column) => <Head key={column.key} column={column} sorting={sorting} />)}</tr>
      </thead>
      <tbody ref={body}>
        {from > 0 && <tr aria-hidden="true" class="gap"><td style={{ height: `${from * HEIGHT}px` }} /></tr>}
        {shown.map((n) => {
          const it = row(n);
          if (it === undefined) return <tr key={n} class="row"><td /></tr>;
          return (
            <tr key={id(it)} data-row={n} aria-rowindex={n + 2} class={`row ${mark?.(it) ?? ""}`}>
              {columns.map((column, first) => (
                <td key={column.key} class={`${column.end ? "end" : ""} ${column.room ?? ""}`}>
                  {first === 0 ? <a href={link(it)} tabIndex={n === at || (at < from || at >= to ? n === from : false) ? 0 : -1} onFocus={() => setActive(n)}>{column.cell(it)}</a> : column.cell(it)}
                </td>
              ))}
            </tr>
          );
        })}
        {to < length && <tr aria-hidden="true" class="gap"><td style={{ height: `${(length - to) * HEIGHT}px` }} /></tr>}
      </tbody>
    </table>
    </div>
  );
}

function Head<T>({ column, sorting }: { readonly column: Column<T>; readonly sorting: Sorting | undefined }) {
  const kind = `${column.end ? "end" : ""} ${column.room ?? ""}`;
  if (!sorting?.keys.includes(column.key)) return <th scope="col" class={kind} title={column.title}>{column.title}</th>;
  const on = sorting.by === column.key;
  return (
    <th scope="col" class={kind} aria-sort={on ? (sorting.down ? "descending" : "ascending") : "none"}>
      <button type="button" class="sort" onClick={() => sorting.sort(column.key)}>{column.title}<span aria-hidden="true" class="sort-mark">{on ? (sorting.down ? "↓" : "↑") : ""}</span></button>
    </th>
  );
}
