//! Names, references, times, paths and places: what is read prints as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refmark_records::layout::Place;
use refmark_types::name::{ModelName, escape, unescape};
use refmark_types::package_path::PackagePath;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

fuzz_target!(|text: &str| {
    if let Ok(name) = ModelName::parse(text) {
        assert_eq!(unescape(&escape(name.as_str())).as_deref(), Some(text));
    }
    if let Ok(time) = Timestamp::parse(text) {
        assert_eq!(time.to_string(), text);
    }
    if let Some(place) = Place::parse(text) {
        assert_eq!(place.path(), text);
    }
    if let Ok(reference) = Reference::parse(text) {
        assert_eq!(Reference::parse(&reference.to_string()).expect("it was printed"), reference);
    }
    if let Ok(path) = PackagePath::parse(text) {
        assert_eq!(path.as_str(), text);
    }
});
