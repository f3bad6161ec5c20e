//! External data of ONNX models: the tensors that a model says lie in another file are listed under that file.

use std::collections::HashMap;

use super::{PackageFile, beside};
use crate::format::{FileClass, Format};
use crate::report::Tensor;

/// Lists the tensors of external data under the files that hold them. A file that is something by itself stays that.
pub(super) fn attach(files: &mut [PackageFile]) {
    let mut held: HashMap<String, Vec<Tensor>> = HashMap::new();
    for file in files.iter() {
        let Some(onnx) = &file.inspection.onnx else { continue };
        for external in &onnx.external {
            let (Some(path), Some(length)) = (beside(&file.path, &external.location), external.length) else {
                continue;
            };
            let offset = external.offset.unwrap_or(0);
            let tensor = Tensor::plain(external.name.clone(), &external.dtype, external.shape.clone(), offset, length);
            held.entry(path).or_default().push(tensor);
        }
    }
    for file in files {
        let raw = file.inspection.format == Format::Unknown && file.inspection.is_sound();
        if let Some(tensors) = held.remove(&file.path).filter(|_| raw) {
            list(file, tensors);
        }
    }
}

fn list(file: &mut PackageFile, mut tensors: Vec<Tensor>) {
    tensors.sort_by(|a, b| (a.offset, a.bytes, &a.name).cmp(&(b.offset, b.bytes, &b.name)));
    // Several tensors, or several models, may share their bytes.
    tensors.dedup_by(|next, kept| next.offset == kept.offset && next.bytes == kept.bytes);
    let whole = tensors.iter().all(|tensor| tensor.end().is_some_and(|end| end <= file.size));
    let apart = tensors.windows(2).all(|pair| match pair {
        [first, second] => first.end().is_some_and(|end| end <= second.offset),
        _ => true,
    });
    if !whole || !apart {
        file.inspection.note("the external data that models say is here ends too early, or overlaps");
        return;
    }
    let mut names: HashMap<String, u32> = HashMap::new();
    for tensor in &mut tensors {
        let met = names.entry(tensor.name.clone()).or_default();
        *met += 1;
        if *met > 1 {
            tensor.name = format!("{}#{met}", tensor.name);
        }
    }
    file.inspection.format = Format::OnnxData;
    file.inspection.class = FileClass::Tensors;
    file.inspection.tensors = tensors;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::info::{External, OnnxInfo};
    use crate::{GapKind, inspect, inspect_package};

    fn package(data: &[u8], ranges: &[(u64, u64)]) -> Vec<PackageFile> {
        let mut model = inspect("", &b"x".as_slice()).unwrap();
        let external = ranges.iter().enumerate().map(|(n, (offset, length))| External {
            name: format!("t{n}"),
            dtype: "U8".into(),
            shape: vec![*length],
            location: "data.bin".into(),
            offset: Some(*offset),
            length: Some(*length),
        });
        for (offset, length) in ranges {
            let end = Some(offset + length);
            model.references.push(crate::Reference::External { file: "data.bin".into(), end });
        }
        model.onnx = Some(OnnxInfo { external: external.collect(), ..OnnxInfo::default() });
        vec![
            PackageFile { path: "m/model".into(), size: 1, inspection: model },
            PackageFile { path: "m/data.bin".into(), size: data.len() as u64, inspection: inspect("", &data).unwrap() },
        ]
    }

    #[test]
    fn external_data_in_the_package_is_listed_under_its_own_file() {
        let mut files = package(&[0xff; 64], &[(32, 32), (0, 16), (0, 16)]);
        assert_eq!(inspect_package(&mut files), []);
        let data = &files[1].inspection;
        assert_eq!((data.class, data.format), (FileClass::Tensors, Format::OnnxData));
        let names: Vec<(&str, u64)> = data.tensors.iter().map(|it| (it.name.as_str(), it.offset)).collect();
        assert_eq!(names, [("t1", 0), ("t0", 32)]);
    }

    #[test]
    fn external_data_that_is_short_or_absent_is_a_gap() {
        let mut short = package(&[0xff; 40], &[(32, 32)]);
        assert_eq!(inspect_package(&mut short)[0].kind, GapKind::ExternalShort);
        let mut absent = package(&[0xff; 64], &[(32, 32)]);
        absent.pop();
        assert_eq!(inspect_package(&mut absent)[0].kind, GapKind::ExternalAbsent);
    }
}
