//! Git's deltas: an object told as copies from another one and new bytes.

use super::object::Why;

const CUT: Why = "a delta is cut off";

/// A delta's two sizes, and what is behind them.
pub(super) struct Delta<'a> {
    pub(super) base: u64,
    pub(super) result: u64,
    steps: &'a [u8],
}

impl<'a> Delta<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Delta<'a>, Why> {
        let (base, rest) = size(bytes)?;
        let (result, steps) = size(rest)?;
        Ok(Delta { base, result, steps })
    }

    /// The object; the caller has bounded its size.
    pub(super) fn apply(&self, base: &[u8]) -> Result<Vec<u8>, Why> {
        const MORE: Why = "a delta makes more bytes than it says";
        if base.len() as u64 != self.base {
            return Err("a delta is for an object of another size");
        }
        let size = usize::try_from(self.result).map_err(|_| MORE)?;
        // What a delta truly makes is at most 2^24 bytes a step of at least one byte.
        let mut out = Vec::with_capacity(size.min(self.steps.len().saturating_mul(1 << 24)));
        let mut steps = self.steps;
        while let Some((&step, rest)) = steps.split_first() {
            let (piece, rest) = match step {
                0 => return Err("a delta has a step that Git does not know"),
                1..=0x7f => rest.split_at_checked(usize::from(step)).ok_or(CUT)?,
                _ => copy(step, rest, base)?,
            };
            if piece.len() > size - out.len() {
                return Err(MORE);
            }
            out.extend_from_slice(piece);
            steps = rest;
        }
        if out.len() == size { Ok(out) } else { Err("a delta makes fewer bytes than it says") }
    }
}

fn copy<'a, 'b>(step: u8, rest: &'b [u8], base: &'a [u8]) -> Result<(&'a [u8], &'b [u8]), Why>
where
    'b: 'a,
{
    let mut rest = rest;
    let mut number = 0u64;
    for bit in 0..7 {
        if step & (1 << bit) != 0 {
            let (byte, after) = rest.split_first().ok_or(CUT)?;
            number |= u64::from(*byte) << (8 * bit);
            rest = after;
        }
    }
    let from = (number & 0xffff_ffff) as usize;
    let length = match (number >> 32) as usize {
        0 => 0x10000,
        length => length,
    };
    let piece = from.checked_add(length).and_then(|end| base.get(from..end));
    Ok((piece.ok_or("a delta copies from beyond its base")?, rest))
}

fn size(bytes: &[u8]) -> Result<(u64, &[u8]), Why> {
    let (mut value, mut shift, mut rest) = (0u64, 0, bytes);
    loop {
        let (byte, after) = rest.split_first().ok_or(CUT)?;
        if shift > 56 {
            return Err("a delta claims more than 2^60 bytes");
        }
        value |= u64::from(byte & 0x7f) << shift;
        rest = after;
        shift += 7;
        if byte & 0x80 == 0 {
            return Ok((value, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(bytes: &[u8], base: &[u8]) -> Result<Vec<u8>, Why> {
        Delta::parse(bytes).and_then(|delta| delta.apply(base))
    }

    #[test]
    fn copies_and_new_bytes_make_the_object() {
        assert_eq!(applied(b"\x05\x06\x91\x01\x03\x03xyz", b"abcde").unwrap(), b"bcdxyz");
        let base = vec![7; 0x10000];
        // No length byte means 65,536.
        assert_eq!(applied(b"\x80\x80\x04\x80\x80\x04\x80", &base).unwrap(), base);
    }

    #[test]
    fn a_delta_that_lies_is_refused() {
        for (delta, base) in [
            (b"\x05\x06\x91\x01\x03\x03xy".as_slice(), b"abcde".as_slice()),
            (b"\x05\x05\x91\x01\x03\x03xyz", b"abcde"),
            (b"\x05\x07\x91\x01\x03\x03xyz", b"abcde"),
            (b"\x04\x06\x91\x01\x03\x03xyz", b"abcde"),
            (b"\x05\x03\x91\x03\x03", b"abcde"),
            (b"\x05\x03\x9f\xff\xff\xff\xff\x03", b"abcde"),
            (b"\x05\x01\x00", b"abcde"),
            (b"\x05", b"abcde"),
            (b"", b""),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", b""),
            (b"\x00\xff\xff\xff\xff\xff\xff\xff\x0f", b""),
        ] {
            assert!(applied(delta, base).is_err(), "{delta:?}");
        }
    }
}
