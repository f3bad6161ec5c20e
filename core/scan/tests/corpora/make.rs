//! Makes files: harmless ones of many kinds, and pickles in many forms and wrappings.

/// A generator of numbers that is the same on every machine (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// About a normal distribution around 0.
    fn normal(&mut self) -> f32 {
        let sum: f64 = (0..12).map(|_| (self.next() >> 11) as f64 / (1u64 << 53) as f64).sum();
        (sum - 6.0) as f32
    }
}

type Make = fn(&mut Random) -> Vec<u8>;

/// Kinds of harmless files, each with the name that it goes by.
pub const HARMLESS: &[(&str, Make)] = &[
    ("random.bin", |r| {
        let count = 1 + r.below(4096);
        r.bytes(count)
    }),
    ("short.bin", |r| {
        let count = 1 + r.below(24);
        r.bytes(count)
    }),
    ("half.bin", |r| {
        let count = 64 + r.below(1024);
        (0..count).flat_map(|_| half(r.normal() * 0.05).to_le_bytes()).collect()
    }),
    ("brain.bin", |r| {
        let count = 64 + r.below(1024);
        (0..count).flat_map(|_| (((r.normal() * 0.05).to_bits() >> 16) as u16).to_le_bytes()).collect()
    }),
    ("single.bin", |r| {
        let count = 64 + r.below(512);
        (0..count).flat_map(|_| r.normal().to_le_bytes()).collect()
    }),
    ("small-integers.bin", |r| {
        let count = 64 + r.below(1024);
        (0..count).map(|_| (r.normal() * 20.0) as i8 as u8).collect()
    }),
    ("labels.txt", |r| {
        let count = 1 + r.below(40);
        (0..count).map(|_| format!("{}\n", word(r))).collect::<String>().into_bytes()
    }),
    ("merges.txt", |r| {
        let count = 1 + r.below(40);
        (0..count).map(|_| format!("{} {}\n", word(r), word(r))).collect::<String>().into_bytes()
    }),
    ("value.msgpack", |r| msgpack(r, 0)),
    ("value.cbor", |r| cbor(r, 0)),
    ("model.safetensors", safetensors),
];

/// A half-precision float, rounded towards zero.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127 + 15;
    match exponent {
        ..=0 => sign,
        31.. => sign | 0x7c00,
        _ => sign | (exponent as u16) << 10 | (bits >> 13) as u16 & 0x3ff,
    }
}

fn word(r: &mut Random) -> String {
    const STARTS: &[&str] =
        &["c", "in", "(", "I", "S", "V", "P", "F", "g", "p", "cnt", "cos", "the", "##", "▁", "N", "t", "}", "]"];
    let start = STARTS[r.below(STARTS.len())];
    let count = r.below(8);
    let rest: String = (0..count).map(|_| char::from(b'a' + r.below(26) as u8)).collect();
    format!("{start}{rest}")
}

fn msgpack(r: &mut Random, depth: u32) -> Vec<u8> {
    let choice = if depth == 0 { r.below(2) } else { r.below(8) };
    let count = r.below(if depth > 2 { 1 } else { 6 }) as u8;
    match choice {
        0 => {
            let mut out = vec![0x80 | count];
            for _ in 0..count {
                out.extend(text(&word(r)));
                out.extend(msgpack(r, depth + 1));
            }
            out
        }
        1 => {
            let mut out = vec![0x90 | count];
            (0..count).for_each(|_| out.extend(msgpack(r, depth + 1)));
            out
        }
        2 => text(&word(r)),
        3 => {
            let bytes = r.bytes(usize::from(count) * 7);
            [&[0xc4, bytes.len() as u8], bytes.as_slice()].concat()
        }
        4 => [&[0xca], r.normal().to_be_bytes().as_slice()].concat(),
        5 => vec![0xc0 | (2 * (r.below(2) as u8))],
        6 => vec![0xcd, r.next() as u8, r.next() as u8],
        _ => vec![r.next() as u8 & 0x7f],
    }
}

fn text(text: &str) -> Vec<u8> {
    [&[0xd9, text.len() as u8], text.as_bytes()].concat()
}

fn cbor(r: &mut Random, depth: u32) -> Vec<u8> {
    let choice = if depth == 0 { r.below(2) } else { r.below(6) };
    let count = r.below(if depth > 2 { 1 } else { 6 }) as u8;
    match choice {
        0 => {
            let mut out = vec![0xa0 | count];
            for _ in 0..count {
                let word = word(r);
                out.extend([0x78, word.len() as u8]);
                out.extend(word.as_bytes());
                out.extend(cbor(r, depth + 1));
            }
            out
        }
        1 => {
            let mut out = vec![0x80 | count];
            (0..count).for_each(|_| out.extend(cbor(r, depth + 1)));
            out
        }
        2 => {
            let bytes = r.bytes(usize::from(count) * 3);
            [&[0x58, bytes.len() as u8], bytes.as_slice()].concat()
        }
        3 => [&[0xfa], r.normal().to_be_bytes().as_slice()].concat(),
        4 => vec![0xf4 + r.below(3) as u8],
        _ => vec![r.below(24) as u8],
    }
}

fn safetensors(r: &mut Random) -> Vec<u8> {
    let count = 4 * (1 + r.below(64));
    let mut header = format!(r#"{{"w":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{count}]}}}}"#, count / 4);
    let padding = r.below(600);
    header.extend(std::iter::repeat_n(' ', padding));
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &r.bytes(count)].concat()
}

/// How an import and a call of it are written.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    Global,
    Protocol0,
    Inst,
    Obj,
    StackGlobal,
    Memo,
    MemoLines,
    Build,
    NewObj,
    Escaped,
    Truncated,
    Broken,
    BehindValues,
    SecondPickle,
    LyingFrame,
}

/// All forms.
pub const FORMS: &[Form] = &[
    Form::Global,
    Form::Protocol0,
    Form::Inst,
    Form::Obj,
    Form::StackGlobal,
    Form::Memo,
    Form::MemoLines,
    Form::Build,
    Form::NewObj,
    Form::Escaped,
    Form::Truncated,
    Form::Broken,
    Form::BehindValues,
    Form::SecondPickle,
    Form::LyingFrame,
];

fn short(text: &str) -> Vec<u8> {
    [&[0x8c, text.len() as u8], text.as_bytes()].concat()
}

impl Form {
    /// A pickle that imports and calls this.
    pub fn write(self, module: &str, name: &str, r: &mut Random) -> Vec<u8> {
        let global = format!("c{module}\n{name}\n").into_bytes();
        let id = b"\x8c\x02id\x85R.".as_slice();
        let cat = |parts: &[&[u8]]| parts.concat();
        let header = &[0x80u8, 2 + r.below(4) as u8][..];
        let (m, n) = (short(module), short(name));
        match self {
            Form::Global => cat(&[header, &global, id]),
            Form::Protocol0 => cat(&[&global, b"(S'id'\ntR."]),
            Form::Inst => format!("(S'id'\ni{module}\n{name}\n.").into_bytes(),
            Form::Obj => cat(&[b"(", &global, b"S'id'\no."]),
            Form::StackGlobal => cat(&[header, &m, &n, b"\x93", id]),
            Form::Memo => cat(&[header, &m, b"\x94", &n, b"\x9400h\x00h\x01\x93", id]),
            Form::MemoLines => format!("V{module}\np77\n0V{name}\np5\n0g77\ng5\n\u{0}")
                .into_bytes()
                .into_iter()
                .filter(|byte| *byte != 0)
                .chain(cat(&[b"\x93", id]))
                .collect(),
            Form::Build => cat(&[header, &global, b")\x81}b."]),
            Form::NewObj => cat(&[header, &global, b")\x81."]),
            Form::Escaped => {
                let first = module.as_bytes()[0];
                let rest = module.get(1..).unwrap_or_default();
                cat(&[format!("S'\\x{first:02x}{rest}'\nS'{name}'\n").as_bytes(), b"\x93", id])
            }
            Form::Truncated => cat(&[header, &global, b"\x8c\x02id\x85R"]),
            Form::Broken => cat(&[&global, b"(S'id'\ntR\xff\xfe\xfd"]),
            Form::BehindValues => {
                let many = 1 + r.below(3000);
                cat(&[&b"N0".repeat(many), b"I0x1f\n0", &global, b"(S'id'\ntR."])
            }
            Form::SecondPickle => cat(&[b"\x80\x02K\x05.", header, &global, id]),
            Form::LyingFrame => cat(&[b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f", &global, id]),
        }
    }
}

/// A pickle in a file.
pub struct Wrapped {
    pub name: &'static str,
    pub how: &'static str,
    pub bytes: Vec<u8>,
}

/// Puts a pickle into one of the wrappings in which loaders find it.
pub fn wrap(body: &[u8], r: &mut Random) -> Wrapped {
    let wrapped = |name, how, bytes| Wrapped { name, how, bytes };
    match r.below(9) {
        0 => wrapped("model.safetensors", "a file of another name", body.to_vec()),
        1 => wrapped("vocab.txt", "a text's name", body.to_vec()),
        2 => wrapped("model.zip", "a zip archive", zip("data/weights.config", body, false)),
        3 => wrapped("model.pt", "a deflated zip archive", zip("m/data.pkl", body, true)),
        4 => wrapped("model.tar", "a tar archive", tar(body)),
        5 => wrapped("a.npy", "an array of objects", npy(body)),
        6 => wrapped("model.joblib", "a zlib stream", miniz_oxide::deflate::compress_to_vec_zlib(body, 6)),
        7 => wrapped("cfg", "a byte string of MessagePack", {
            [&[0x81, 0xa1, b'k', 0xc6], (body.len() as u32).to_be_bytes().as_slice(), body].concat()
        }),
        _ => wrapped("model.gz", "a gzip stream", {
            [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), &miniz_oxide::deflate::compress_to_vec(body, 6), &[0; 8]]
                .concat()
        }),
    }
}

fn zip(name: &str, body: &[u8], deflate: bool) -> Vec<u8> {
    let packed = if deflate { miniz_oxide::deflate::compress_to_vec(body, 6) } else { body.to_vec() };
    let mut common = Vec::new();
    for number in [20u16, 0, if deflate { 8 } else { 0 }, 0, 0] {
        common.extend(number.to_le_bytes());
    }
    for number in [0u32, packed.len() as u32, body.len() as u32] {
        common.extend(number.to_le_bytes());
    }
    common.extend((name.len() as u16).to_le_bytes());
    common.extend(0u16.to_le_bytes());
    let local = [b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &packed].concat();
    let entry = [b"PK\x01\x02\x14\0".as_slice(), &common, &[0; 10], &0u32.to_le_bytes(), name.as_bytes()].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((entry.len() as u32).to_le_bytes());
    end.extend((local.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    [local, entry, end].concat()
}

fn tar(body: &[u8]) -> Vec<u8> {
    let mut header = vec![0u8; 512];
    header[..5].copy_from_slice(b"a.pkl");
    header[124..136].copy_from_slice(format!("{:011o}\0", body.len()).as_bytes());
    header[156] = b'0';
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = [header, body.to_vec()].concat();
    out.resize(out.len().next_multiple_of(512) + 1024, 0);
    out
}

fn npy(body: &[u8]) -> Vec<u8> {
    let header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
    [b"\x93NUMPY\x01\0".as_slice(), &(header.len() as u16).to_le_bytes(), header, body].concat()
}
