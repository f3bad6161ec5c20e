//! What people's own Git sees: an ordinary repository.

use crate::environment::TestEnvironment;

#[test]
fn clone_log_show_and_fsck_see_an_ordinary_repository() {
    let env = TestEnvironment::with_models();
    env.git(".", &["clone", "--quiet", "models", "clone"]);
    let log = env.git("clone", &["log", "--format=%s"]);
    assert_eq!(log.lines().next(), Some("promote sentiment@champion: (none) → 1"));
    let show = env.git("clone", &["show", "HEAD"]);
    for part in ["first", "Refmark-Record: ", "\"reason\": \"first\""] {
        assert!(show.contains(part), "{part} is missing in\n{show}");
    }
    for format in ["sha1", "sha256"] {
        let name = format!("as-{format}");
        env.ok(&["init", &name, "--object-format", format]);
        env.ok(&["-R", &name, "register", "m", "one"]);
        assert_eq!(env.git(&name, &["fsck", "--strict", "--no-progress"]), "", "fsck has nothing to say");
    }
    assert_eq!(env.git("clone", &["status", "--short"]), "");
}

#[test]
fn the_exported_signers_make_every_signature_good_for_git() {
    let env = TestEnvironment::with_models();
    env.write("allowed_signers", env.ok(&["trust", "export-allowed-signers"]));
    let allowed = format!("gpg.ssh.allowedSignersFile={}", env.path("allowed_signers").display());
    let log = env.git("models", &["-c", &allowed, "log", "--show-signature", "--format=%G? %GS"]);
    let commits = env.git("models", &["rev-list", "--count", "main"]).trim().parse::<usize>().unwrap();
    assert_eq!(log.matches("Good \"git\" signature for ada").count(), commits, "{log}");
    assert_eq!(log.lines().filter(|line| *line == "G ada").count(), commits, "{log}");
}

#[test]
fn a_stock_git_lfs_client_reads_the_store_of_a_bare_registry() {
    let env = TestEnvironment::with_models();
    let found = env.program("git").args(["lfs", "version"]).output().unwrap();
    assert!(found.status.success(), "git-lfs is missing: install Debian's package git-lfs, or run ./test");
    let file = env.json(&["show", "sentiment/2"])["manifest"]["files"][0].clone();
    env.git(".", &["init", "--quiet", "consumer"]);
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
        file["sha256"].as_str().unwrap(),
        file["size"]
    );
    env.write("consumer/config.json", pointer);
    env.write("consumer/.gitattributes", "config.json filter=lfs diff=lfs merge=lfs -text\n");
    env.git("consumer", &["add", "."]);
    env.git("consumer", &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "pointer"]);
    env.git("consumer", &["remote", "add", "origin", &format!("file://{}", env.path("models").display())]);
    env.git("consumer", &["lfs", "install", "--local"]);
    env.git("consumer", &["lfs", "pull"]);
    assert_eq!(std::fs::read_to_string(env.path("consumer/config.json")).unwrap(), "{\"size\": 2}\n");
}
