//! Who stands behind a change that a service signs: the commit says so.

use crate::registry::Writer;

impl<'r> Writer<'r> {
    /// The same writer, whose commits name this caller in a trailer `Refmark-On-Behalf-Of`. Who signs, answers: the name gives no right.
    ///
    /// ```text
    /// registry.write(&service_key).on_behalf_of("bo").promote(&request)?;
    /// ```
    #[must_use]
    pub fn on_behalf_of(self, caller: &'r str) -> Writer<'r> {
        Writer { behalf: Some(caller), ..self }
    }

    /// The trailer, where somebody stands behind the change.
    pub(crate) fn behalf_trailer(&self) -> Option<(&'static str, String)> {
        self.behalf.map(|caller| ("Refmark-On-Behalf-Of", caller.escape_debug().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use crate::Package;
    use crate::tests::{key, model, registry};
    use refmark_engine::snapshot::History;

    #[test]
    fn a_commit_names_the_caller_and_no_caller_can_write_a_trailer_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        let key = key(1);
        let registry = registry(home.path(), &key);
        let file = home.path().join("config.json");
        std::fs::write(&file, "{}").unwrap();
        let package = Package::new(model("sentiment"), vec![file]).unwrap();
        let made = registry.write(&key).on_behalf_of("bo\nApproved-by: ada").register(&package).unwrap();
        let message = registry.repo().commit(made.commit.unwrap()).unwrap().message;
        assert!(message.contains("\nRefmark-On-Behalf-Of: bo\\nApproved-by: ada\n"), "{message}");
        assert!(!message.contains("\nApproved-by"), "{message}");
    }
}
