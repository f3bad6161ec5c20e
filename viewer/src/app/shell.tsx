// What stands around every screen: names, ways, what may be said of it all, and the keys.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, Name, To, When, Words } from "../parts/bits.tsx";
import { filesOf } from "../parts/dropping.tsx";
import { STANDINGS, StandingPill, toneOf } from "../parts/standing.tsx";
import { Activity } from "../screens/activity.tsx";
import { Alias } from "../screens/alias.tsx";
import { Catalog } from "../screens/catalog.tsx";
import { Compare } from "../screens/compare.tsx";
import { CheckFile } from "../screens/file.tsx";
import { Integrity } from "../screens/integrity.tsx";
import { Model } from "../screens/model.tsx";
import { Models } from "../screens/models.tsx";
import { Policy } from "../screens/policy.tsx";
import { Proposals, ProposalScreen } from "../screens/proposals.tsx";
import { openFiles, Opening, Start } from "../screens/start.tsx";
import { Retired } from "../screens/sunset.tsx";
import { UnsafeNow } from "../screens/unsafe.tsx";
import { Version } from "../screens/version.tsx";
import { Help, help, useKeys } from "./keys.tsx";
import { print, type Screen } from "./route.ts";
import { address, again, announced, go, href, listing, newer, opened, phase, scrollTarget, shownHead, type Standing, standing, unverifiable, verified } from "./state.ts";
import { minute, short } from "./words.ts";

const WAYS: readonly (readonly [Screen, string, readonly string[]])[] = [
  [{ screen: "models" }, "Models", ["models", "model", "version", "alias", "compare", "activity", "unsafe"]],
  [{ screen: "proposals" }, "Proposals", ["proposals", "proposal"]],
  [{ screen: "policy" }, "Policy", ["policy"]],
  [{ screen: "catalog" }, "Catalog", ["catalog"]],
  [{ screen: "sunset" }, "Sunset", ["sunset"]],
  [{ screen: "integrity" }, "Integrity", ["integrity"]],
  [{ screen: "file" }, "Check a file", ["file"]],
];

type Look = "auto" | "light" | "dark";
const look = signal<Look>(remembered());

function remembered(): Look {
  try {
    const it = localStorage.getItem("refmark-look");
    return it === "light" || it === "dark" ? it : "auto";
  } catch {
    return "auto";
  }
}

function LookButton() {
  const now = look.value;
  useEffect(() => {
    document.documentElement.dataset["look"] = now;
    try {
      localStorage.setItem("refmark-look", now);
    } catch {
      // A page from a disk may not be allowed to keep anything; the choice then lasts as long as the page.
    }
  }, [now]);
  const next: Readonly<Record<Look, Look>> = { auto: "dark", dark: "light", light: "auto" };
  return <button type="button" class="plain-button" onClick={() => (look.value = next[now])} aria-label={`Colours: ${now}. Switch to ${next[now]}`} title={`Colours: ${now}`}><Icon name="sun" /></button>;
}

/** Follows a link of this page at once: the browser would tell of it only after the keys that were pressed meanwhile. */
function follow(event: MouseEvent): void {
  const to = event.target instanceof Element ? event.target.closest("a")?.getAttribute("href") : null;
  if (!to?.startsWith("#/") || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(to);
}

/** Scrolls to where a screen was left, as soon as it is long enough; whoever scrolls meanwhile is let be. */
function scrollWhenThere(top: number): () => void {
  scrollTo(0, top);
  if (top === 0) return () => {};
  const reached = () => Math.abs(scrollY - top) < 2;
  const watch = new ResizeObserver(() => {
    if (!reached()) scrollTo(0, top);
    if (reached()) stop();
  });
  const stop = () => {
    watch.disconnect();
    for (const name of ["wheel", "touchmove", "keydown"]) removeEventListener(name, stop);
  };
  for (const name of ["wheel", "touchmove", "keydown"]) addEventListener(name, stop, { passive: true });
  watch.observe(document.body);
  return stop;
}

export function App() {
  useKeys();
  const target = useRef<HTMLElement>(null);
  const { screen } = address.value;
  const key = JSON.stringify(screen);
  useLayoutEffect(() => {
    const stop = scrollWhenThere(scrollTarget.top);
    // In a narrow window the ways are a strip that scrolls.
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    return stop;
  }, [key, phase.value]);
  return (
    <div class="app" onClick={follow} onDragOver={(event) => event.preventDefault()} onDrop={(event) => {
      event.preventDefault();
      if (event.dataTransfer) void filesOf(event.dataTransfer).then(openFiles);
    }}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); target.current?.focus(); target.current?.scrollIntoView(); }}>Skip to the content</a>
      <Top />
      <Notices />
      <main id="main" ref={target} tabIndex={-1}>{phase.value === "open" ? <Shown key={`${key}${opened.value?.head ?? ""}`} screen={screen} /> : phase.value === "opening" ? <Opening /> : <Start />}</main>
      <Foot />
      <div class="hidden" role="status" aria-live="polite">{announced.value}</div>
      <Help />
    </div>
  );
}

function Top() {
  const here = address.value.screen.screen;
  const it = opened.value;
  return (
    <header class="top">
      <div class="top-row">
        <a class="brand" href={href({ screen: "models" })}><span class="mark-square" aria-hidden="true" /><span class="brand-name"><Name of={it?.name ?? "refmark"} /></span></a>
        {it && <nav aria-label="Main"><ul>{WAYS.map(([screen, name, with_]) => <li key={name}><To to={screen} {...(with_.includes(here) ? { "aria-current": "page" as const } : {})}>{name}</To></li>)}</ul></nav>}
        <div class="top-end"><StandingPill /><LookButton /><button type="button" class="plain-button" aria-label="Keys and help" title="Keys and help (?)" onClick={() => (help.value = true)}>?</button></div>
      </div>
    </header>
  );
}

/** What has to be known on every screen. */
function Notices() {
  const now = standing.value;
  const it = opened.value;
  const count = verified.value?.report.problems.length ?? 0;
  const where = address.value;
  const tone = toneOf(now);
  const here = where.screen.screen === "integrity";
  return (
    <section aria-label="What has to be known">
      {tone === "bad" && (
        <div class="banner bad" role="alert">
          <Icon name="cross" /><p><strong>{STANDINGS[now].title}.</strong> <Words text={whyBad(now)} />{now === "failed" && count > 1 ? ` And ${count - 1} more.` : ""} {!here && <To to={{ screen: "integrity" }}>What was found</To>}</p>
        </div>
      )}
      {it && tone === "warn" && (
        <div class="banner warn" role={now === "pending" ? undefined : "alert"}><Icon name={STANDINGS[now].icon} /><p><strong>{STANDINGS[now].title}.</strong> <Words text={unverifiable.value?.message ?? STANDINGS[now].words} /> {unverifiable.value && <><button type="button" class="link" onClick={again}>Try again</button> </>}{!here && <To to={{ screen: "integrity" }}>What was checked</To>}</p></div>
      )}
      {it && newer.value !== null && (
        <div class="banner plain" role="status"><Icon name="wait" /><p>There is a newer commit by now: <code>{short(newer.value)}</code>. <button type="button" class="link" onClick={showNewest}>Read it</button></p></div>
      )}
      {it && it.lies === "behind" && (
        <div class="banner plain"><Icon name="wait" /><p>You look at the registry as it was at commit <code>{short(it.head)}</code>{shownHead.value && <>, <When time={shownHead.value.time} /></>}. Whatever came after it is not told here. <a href={print({ ...where, at: it.newest, branch: it.branch })}>Show the newest</a></p></div>
      )}
      {it && it.lies === "not-landed" && (
        <div class="banner plain"><Icon name="wait" /><p>Shown is commit <code>{short(it.head)}</code>{it.shown === it.branch ? "" : <> of <code><Name of={it.shown} /></code></>}; the registry is <code><Name of={it.branch} /></code>. <a href={print({ ...where, at: it.newest, branch: it.branch })}>Show the registry</a></p></div>
      )}
      {it && where.from !== null && (
        <div class="banner plain"><Icon name="dash" /><p>This link shows what lies at <code><Name of={it.origin} /></code>, not the registry beside this page.</p></div>
      )}
    </section>
  );
}

/** Leaves the commit that the address names, and reads the place again. */
function showNewest(): void {
  const next = print({ ...address.value, at: null, branch: opened.value?.branch ?? null });
  if (next === location.hash) again();
  else go(next, true);
}

function whyBad(now: Standing): string {
  switch (now) {
    case "misread": return `${address.value.faults.join("; ")}. ${STANDINGS.misread.words}`;
    case "damaged": return unverifiable.value?.message ?? STANDINGS.damaged.words;
    case "failed": return verified.value?.report.problems[0]?.message ?? STANDINGS.failed.words;
    case "listing-lies": return listing.value?.first ?? STANDINGS["listing-lies"].words;
    case "rewritten": {
      const before = verified.value?.before;
      return before?.kept === false ? `This browser verified commit \`${short(before.head)}\` of this registry on ${minute(before.time)}, and that is not in this history. Rely on nothing here before you know why.` : STANDINGS.rewritten.words;
    }
    default: return STANDINGS[now].words;
  }
}

function Foot() {
  const it = opened.value;
  if (!it) return null;
  return <footer class="foot"><p>As of commit <code title={it.head}>{short(it.head)}</code>{shownHead.value && <>, <When time={shownHead.value.time} /></>} · {STANDINGS[standing.value].title} · nothing left this page · <a href={print({ ...address.value, at: null, branch: it.branch })} title="the address without the commit: it shows the newest whenever it is opened">link to the newest</a></p></footer>;
}

function Shown({ screen }: { readonly screen: Screen }) {
  switch (screen.screen) {
    case "models": return <Models />;
    case "model": return <Model model={screen.model} />;
    case "version": return <Version model={screen.model} version={screen.version} />;
    case "alias": return <Alias model={screen.model} alias={screen.alias} />;
    case "compare": return <Compare />;
    case "proposals": return <Proposals />;
    case "proposal": return <ProposalScreen name={screen.name} />;
    case "policy": return <Policy />;
    case "catalog": return <Catalog />;
    case "sunset": return <Retired />;
    case "integrity": return <Integrity />;
    case "file": return <CheckFile />;
    case "activity": return <Activity />;
    case "unsafe": return <UnsafeNow />;
    case "nowhere": return <div class="empty"><h1 tabIndex={-1}>There is no such page</h1><p><code>{screen.path}</code></p><p><To to={{ screen: "models" }}>All models</To></p></div>;
  }
}
