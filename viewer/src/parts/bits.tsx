// The small pieces that every screen is made of.
import type { ComponentChildren } from "preact";
import { flushSync } from "preact/compat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Stage, TrustState } from "refmark-wasm";
import type { Asked } from "../app/ask.ts";
import { announce, href, walked } from "../app/state.ts";
import type { Screen } from "../app/route.ts";
import { minute, short } from "../app/words.ts";
import type { Failure } from "../protocol.ts";
import { plainName } from "./seen.ts";

type Children = { readonly children?: ComponentChildren };

/** What a link may carry besides where it leads. */
interface LinkLooks { readonly class?: string; readonly "aria-current"?: "page" }

/** A link inside the app. */
export function To({ to, query, children, ...rest }: Children & LinkLooks & { readonly to: Screen; readonly query?: Record<string, string> }) {
  return <a href={href(to, query)} {...rest}>{children}</a>;
}

/** A link out of the app, for texts that somebody else wrote: only https and http, and nothing of this page goes with it. */
export function Out({ url, children }: Children & { readonly url: string }) {
  if (!/^https?:\/\//i.test(url)) return <>{children ?? url}</>;
  return <a href={url} rel="noopener noreferrer nofollow" target="_blank">{children ?? url}<span class="hidden"> (opens another site)</span></a>;
}

export function When({ time }: { readonly time: string | null | undefined }) {
  return time ? <time dateTime={time} title={time}>{minute(time)}</time> : <span class="soft">unknown</span>;
}

/** Copies a text, and says so. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, set] = useState(false);
  const copy = () => {
    void copyText(text).then((done) => {
      set(done);
      announce(done ? `${label}: copied` : "The browser did not allow copying");
      setTimeout(() => set(false), 1600);
    });
  };
  return <button type="button" class="copy" onClick={copy} aria-label={label} title={label}>{copied ? <Icon name="check" /> : <Icon name="copy" />}</button>;
}

/** The clipboard's own interface is missing from file:// in some browsers; the old way works there. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A digest or commit: its first characters, the whole of it on demand. */
export function Id({ id, what }: { readonly id: string; readonly what: string }) {
  return <span class="id"><code class="on-screen" title={id}>{short(id)}</code><code class="on-paper" aria-hidden="true">{id}</code><Copy text={id} label={`Copy the ${what}`} /></span>;
}

export function Badge({ children, tone = "plain", title }: Children & { readonly tone?: string; readonly title?: string }) {
  return <span class={`badge ${tone}`} title={title}>{children}</span>;
}

const STAGES: Readonly<Record<Stage, string>> = { experimental: "dotted", staging: "line", production: "solid", retired: "quiet", archived: "quiet" };
export const StageBadge = ({ stage }: { readonly stage: Stage | string | null }) => (stage === null ? null : <Badge tone={STAGES[stage as Stage] ?? "plain"}>{stage}</Badge>);

const TRUSTS: Readonly<Record<TrustState, string>> = { acquired: "line", quarantined: "warn", trusted: "line", revoked: "bad", deleted: "bad" };
export const TrustBadge = ({ trust }: { readonly trust: TrustState | string }) => <Badge tone={TRUSTS[trust as TrustState] ?? "plain"}>{trust}</Badge>;
export const AliasBadge = ({ alias }: { readonly alias: string }) => <Badge tone="alias">@{alias}</Badge>;

const DECISIONS: Readonly<Record<string, readonly [string, string]>> = {
  ok: ["good", "may land"], takes_effect: ["good", "takes effect"], pending: ["warn", "waits"], refused: ["bad", "refused"], failed: ["bad", "fails"],
};
export function DecisionBadge({ decision }: { readonly decision: string }) {
  const [tone, words] = DECISIONS[decision] ?? ["plain", decision];
  return <Badge tone={tone}>{words}</Badge>;
}

/** Line drawings of 16 units; they say nothing that a word beside them does not. */
const ICONS: Readonly<Record<string, string>> = {
  check: "M3 8.5l3.2 3.2L13 4.8", cross: "M4 4l8 8M12 4l-8 8", copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7", wait: "M8 4v4.2l2.6 1.6M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8z",
  shield: "M8 1.8l5.2 2v4c0 3.2-2.2 5.4-5.2 6.6-3-1.2-5.2-3.4-5.2-6.6v-4z", sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.4v1.4M8 13.2v1.4M1.4 8h1.4M13.2 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M3.3 12.7l1-1M11.7 4.3l1-1",
  warn: "M8 2.2l6.2 11.2H1.8zM8 6.6v3.2M8 11.6v.2", arrow: "M3 8h9.5M9 4.5L12.5 8 9 11.5", dash: "M4 8h8", search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.2 3.2",
};
export function Icon({ name }: { readonly name: string }) {
  return <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={ICONS[name] ?? ""} /></svg>;
}

/** A name that somebody chose: what stands in it changes no direction outside it, and no letter is taken for another. */
export function Name({ of }: { readonly of: string }) {
  return <bdi>{plainName(of)}</bdi>;
}

/** Tags, as chips. */
export function Tags({ tags }: { readonly tags: Readonly<Record<string, string>> }) {
  const all = Object.entries(tags);
  return all.length === 0 ? null : <ul class="chips" aria-label="Tags">{all.slice(0, 100).map(([key, value]) => <li key={key}><Badge><Name of={value === "" ? key : `${key}: ${value}`} /></Badge></li>)}</ul>;
}

/** A sentence of the core: what stands between backticks is code. */
export function Words({ text }: { readonly text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}</>;
}

/** Leads to the sections of a long screen, without touching the address. */
export function Contents({ parts }: { readonly parts: readonly (readonly [string, string])[] }) {
  const go = (id: string) => {
    const heading = document.getElementById(id);
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
    heading?.scrollIntoView();
  };
  return <nav class="contents" aria-label="On this page"><ul>{parts.map(([id, name]) => <li key={id}><button type="button" onClick={() => go(id)}>{name}</button></li>)}</ul></nav>;
}

export function Section({ title, id, aside, children }: Children & { readonly title: string; readonly id: string; readonly aside?: ComponentChildren }) {
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head"><h2 id={id}>{title}</h2>{aside}</div>
      {children}
    </section>
  );
}

/** Pairs of a word and what it stands for. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ComponentChildren])[] }) {
  return <dl class="facts">{facts.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

/** The first of a long list, and a button for more; all of them where the sheet is printed. */
export function useMore<T>(all: readonly T[], first: number, more: number, what: string): readonly [readonly T[], ComponentChildren] {
  const [shown, show] = useState(first);
  useLayoutEffect(() => {
    const print = () => flushSync(() => show((now) => Math.max(now, Math.min(all.length, 5000))));
    addEventListener("beforeprint", print);
    return () => removeEventListener("beforeprint", print);
  }, [all.length]);
  const left = all.length - shown;
  return [all.slice(0, shown), left > 0 && <p class="more"><button type="button" class="button quiet" onClick={() => show(shown + more)}>Show {Math.min(more, left).toLocaleString("en")} more of {all.length.toLocaleString("en")} {what}</button></p>];
}

export function Empty({ title, children }: Children & { readonly title: string }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children}</div>;
}

export function FailureBox({ failure, title }: { readonly failure: Failure; readonly title?: string }) {
  return (
    <div class="note bad" role="alert">
      <p class="note-title"><Icon name="cross" /> {title ?? "This cannot be shown"}</p>
      <p><Words text={failure.message} /> <code class="soft">[{failure.code}]</code></p>
      {failure.hint && <p class="soft"><Words text={failure.hint} /></p>}
    </div>
  );
}

/** A place that will be filled: shown only after a moment, so that fast answers do not flicker. */
export function Waiting({ lines = 4 }: { readonly lines?: number }) {
  return <div class="waiting" role="status"><span class="hidden">Loading</span>{Array.from({ length: lines }, (_, line) => <div key={line} class="bar" />)}</div>;
}

/** Shows an answer, or that it is awaited, or why there is none. */
export function Told<T>({ asked, lines = 4, title, children }: { readonly asked: Asked<T>; readonly lines?: number; readonly title?: string; readonly children: (answer: T) => ComponentChildren }) {
  switch (asked.state) {
    case "waiting": return <Waiting lines={lines} />;
    case "refused": return <FailureBox failure={asked.failure} {...(title === undefined ? {} : { title })} />;
    case "told": return <>{children(asked.answer)}</>;
  }
}

/** A screen's heading: takes the focus when a person comes to it by a link, so that a screen reader starts there. */
export function Heading({ title, tab, children, above }: Children & { readonly title: ComponentChildren; readonly tab: string; readonly above?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Before the next key can be pressed.
  useLayoutEffect(() => {
    document.title = `${tab} · refmark`;
  }, [tab]);
  useLayoutEffect(() => {
    if (walked.value) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="heading">
      {above && <p class="above">{above}</p>}
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {children}
    </div>
  );
}

export function Code({ text, label }: { readonly text: string; readonly label: string }) {
  return <div class="snippet"><pre tabIndex={0} role="group" aria-label={label}><code>{text}</code></pre><Copy text={text} label={`Copy: ${label}`} /></div>;
}
