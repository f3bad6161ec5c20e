// What is not seen as itself (controls, direction changers, zero-width and filler characters, tags) never becomes text of the
// page: it is spelled out, as in a terminal. One place for every component: whatever is drawn passes here.
import { options, type VNode } from "preact";

const UNSEEN =
  /(?![\t\n\r])(?:[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}])/gu;

/** A text with everything spelled out that is not seen as itself. */
export function seen(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

const shown = (child: unknown): unknown => (typeof child === "string" ? seen(child) : child);

/** From here on whatever is drawn is seen as itself. */
export function spellWhatIsUnseen(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    if (typeof vnode.type === "string") {
      const props = vnode.props as Record<string, unknown>;
      const { children } = props;
      if (children !== undefined) props["children"] = Array.isArray(children) ? children.map(shown) : shown(children);
      for (const name of ["title", "alt", "aria-label"]) if (typeof props[name] === "string") props[name] = shown(props[name]);
    }
    before?.(vnode);
  };
}
