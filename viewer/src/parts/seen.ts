// What is not seen as itself (controls, direction changers, zero-width and filler characters, tags) never becomes text of the
// page: it is spelled out, as in a terminal. One place for every component: whatever is drawn passes here.
import { options, type VNode } from "preact";

const UNSEEN =
  /(?![\t\n\r])(?:[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}])/gu;

/** A text with everything spelled out that is not seen as itself. */
export function seen(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Letters of other scripts that look like Latin ones. */
const ALIKE = /[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u03f2\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043a\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d\u0570\u0578\u057d\u0585\uff01-\uff5e]/u;

/** A name, in which a letter that only looks like a Latin one is spelled out: in a word that has Latin letters, and in one that
 * has nothing else. Of prose in another script nothing is changed. */
export function plainName(text: string): string {
  return text.replace(/[\p{L}\p{N}\uff01-\uff5e]+/gu, (word) => {
    const letters = [...word].filter((char) => /\p{L}|[\uff01-\uff5e]/u.test(char));
    const foreign = letters.filter((char) => ALIKE.test(char));
    const mixed = letters.some((char) => /[A-Za-z]/.test(char));
    if (foreign.length === 0 || (!mixed && foreign.length < letters.length)) return word;
    return [...word].map((char) => (ALIKE.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char)).join("");
  });
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
