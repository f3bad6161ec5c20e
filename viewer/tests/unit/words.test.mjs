import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, figure, minute, rounded, short, signed, span } from "../../src/app/words.ts";

test("sizes, times, figures and ids are written as people read them", () => {
  assert.deepEqual([0, 999, 1000, 83_321, 91_612_345, 999_950_000].map(bytes), ["0 B", "999 B", "1.0 kB", "83.3 kB", "91.6 MB", "1.0 GB"]);
  assert.equal(minute("2026-11-20T14:02:59Z"), "20 Nov 2026, 14:02 UTC");
  assert.equal(minute("nonsense"), "nonsense");
  assert.deepEqual([span("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), span("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z")], ["1 day", "less than a second"]);
  assert.deepEqual([signed(0.019), signed(-0.7), signed(0.3 - 0.1), rounded(0.1 + 0.2)], ["+0.019", "−0.7", "+0.2", "0.3"]);
  assert.deepEqual([short("sha256-0123456789abcdef"), short("b8460e670c7aee279f4516a1d47b40c7f3cbcea2")], ["0123456789ab", "b8460e67"]);
});

test("a measured number is shown with every digit that was signed", () => {
  assert.deepEqual([figure(0.1 + 0.2), figure(12345), figure("NaN"), figure(1e-7), figure(0.912345678), figure(1234567.891)], ["0.30000000000000004", "12,345", "NaN", "1e-7", "0.912345678", "1234567.891"]);
});
