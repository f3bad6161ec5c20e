// How wide a drawing may be, so that its letters keep their size.
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export function useWidth(least: number, most: number): readonly [{ current: HTMLElement | null }, number] {
  const box = useRef<HTMLElement>(null);
  const [width, set] = useState(Math.min(most, 720));
  useLayoutEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([entry]) => entry && set(Math.round(Math.max(least, Math.min(most, entry.contentRect.width)))));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}
