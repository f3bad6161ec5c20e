//! Models in several files: the index of a sharded model, numbered shards, and the splits of GGUF.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Gaps, PackageFile, beside};
use crate::report::{Reference, shown};
use refmark_records::manifest::GapKind;

/// Every file that an index names is here and holds what the index says, and no tensor stands in two of them.
pub(super) fn indexes(files: &[PackageFile], by_path: &HashMap<&str, &PackageFile>, gaps: &mut Gaps) {
    for index in files {
        let mut shards: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for reference in &index.inspection.references {
            if let Reference::Shard { tensor, file } = reference {
                shards.entry(file).or_default().push(tensor);
            }
        }
        let mut holders: HashMap<&str, &str> = HashMap::new();
        for (named, tensors) in shards {
            let Some(shard) = beside(&index.path, named).and_then(|path| by_path.get(path.as_str()).copied()) else {
                gaps.add(GapKind::ShardAbsent, &index.path, format!("it names `{}`, which is not here", shown(named)));
                continue;
            };
            let listed: HashSet<&str> = shard.inspection.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
            if listed.is_empty() {
                continue;
            }
            if let Some(absent) = tensors.iter().find(|tensor| !listed.contains(**tensor)) {
                let count = tensors.iter().filter(|tensor| !listed.contains(**tensor)).count();
                let detail = format!("{count} tensors, such as `{}`, are not in `{}`", shown(absent), shown(named));
                gaps.add(GapKind::TensorAbsent, &index.path, detail);
            }
            let twice = listed.iter().find_map(|tensor| holders.get(tensor).map(|other| (*tensor, *other)));
            if let Some((tensor, other)) = twice {
                let detail =
                    format!("the tensor `{}` is in `{}` and in `{}`", shown(tensor), shown(other), shown(named));
                gaps.add(GapKind::TensorTwice, &index.path, detail);
            }
            holders.extend(listed.into_iter().map(|tensor| (tensor, named)));
        }
    }
}

/// `name-00001-of-00003.ending`: what is around the number, the number, and how many there are.
fn numbers(path: &str) -> Option<(&str, &str, u64, u64)> {
    let (before, after) = path.rsplit_once("-of-")?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (count, ending) = after.split_at_checked(digits)?;
    let (stem, number) = before.rsplit_once('-')?;
    let all_digits = |text: &str| text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(number) || !all_digits(count) || ending.contains('/') {
        return None;
    }
    Some((stem, ending, number.parse().ok()?, count.parse().ok()?))
}

/// Of shards that are numbered by their names, none is left out. Numbers begin at 1, or at 0 in TensorFlow.
pub(super) fn numbered(files: &[PackageFile], by_path: &HashMap<&str, &PackageFile>, gaps: &mut Gaps) {
    let mut sets: BTreeMap<(&str, &str, u64), (BTreeSet<u64>, &str)> = BTreeMap::new();
    for file in files {
        if let Some((stem, ending, number, count)) = numbers(&file.path) {
            sets.entry((stem, ending, count)).or_insert((BTreeSet::new(), &file.path)).0.insert(number);
        }
    }
    for ((_, _, count), (here, first)) in sets {
        let start = u64::from(!here.contains(&0));
        let absent = (start..start + count.min(100_000)).find(|number| !here.contains(number));
        if let Some(absent) = absent
            && by_path.contains_key(first)
        {
            let detail = format!("number {absent} of {count} is not here ({} are)", here.len());
            gaps.add(GapKind::ShardAbsent, first, detail);
        }
    }
}

/// A split: its file, its number, and how many tensors all have, where it says so.
type SplitPart<'a> = (&'a PackageFile, u64, Option<u64>);

/// Of the splits of a GGUF model, which say themselves how many there are, none is left out.
pub(super) fn splits(files: &[PackageFile], gaps: &mut Gaps) {
    let mut models: BTreeMap<(&str, u64), Vec<SplitPart<'_>>> = BTreeMap::new();
    for file in files {
        for reference in &file.inspection.references {
            if let Reference::Split { number, count, tensors } = reference {
                let stem = numbers(&file.path).map_or_else(|| folder(&file.path), |(stem, ..)| stem);
                models.entry((stem, *count)).or_default().push((file, *number, *tensors));
            }
        }
    }
    for ((_, count), parts) in models {
        let Some((first, ..)) = parts.first() else { continue };
        let here: BTreeSet<u64> = parts.iter().map(|(_, number, _)| *number).collect();
        if let Some(absent) = (0..count).find(|number| !here.contains(number)) {
            let detail = format!("split {} of {count} is not here", absent + 1);
            gaps.add(GapKind::ShardAbsent, &first.path, detail);
            continue;
        }
        let tensors: usize = parts.iter().map(|(file, ..)| file.inspection.tensors.len()).sum();
        if let Some(said) = parts.iter().find_map(|(.., said)| *said)
            && said != tensors as u64
        {
            let detail = format!("the model says that it has {said} tensors, and its splits have {tensors}");
            gaps.add(GapKind::TensorAbsent, &first.path, detail);
        }
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
