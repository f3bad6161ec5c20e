// How things are written: sizes, times, numbers, short ids. UTC everywhere, because auditors compare.

export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let [value, at] = [size / 1000, 0];
  while (value >= 999.5 && at < units.length - 1) [value, at] = [value / 1000, at + 1];
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[at]}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20 Nov 2026` of `2026-11-20T14:02:00Z`. */
export function day(time: string): string {
  const match = /^(\d{4})-(\d\d)-(\d\d)/.exec(time);
  return match ? `${Number(match[3])} ${MONTHS[Number(match[2]) - 1] ?? "?"} ${match[1]}` : time;
}

/** `20 Nov 2026, 14:02 UTC`. */
export function minute(time: string): string {
  const clock = /T(\d\d:\d\d)/.exec(time);
  return clock ? `${day(time)}, ${clock[1]} UTC` : day(time);
}

/** How long from one time to another, in the largest unit that says something. */
export function span(from: string, to: string): string {
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  const units: readonly (readonly [number, string])[] = [[86400 * 365, "year"], [86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  for (const [size, name] of units) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return "less than a second";
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** A number as it stands in the record: every digit of it. */
export function figure(value: number | string): string {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? value.toLocaleString("en") : String(value);
}

/** A number for a scale, or one that was worked out: without the noise of binary fractions. */
export function rounded(value: number): string {
  if (value === 0) return "0";
  return Number.isSafeInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(12)));
}

/** A difference. */
export function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : "±"}${rounded(Math.abs(value))}`;
}

/** The first characters of a digest or commit, without its prefix. */
export function short(id: string): string {
  const prefix = /^sha256[-:]/.exec(id)?.[0] ?? "";
  return id.slice(prefix.length, prefix.length + (prefix || id.length === 64 ? 12 : 8));
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
