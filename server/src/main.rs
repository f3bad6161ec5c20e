//! The service by itself, for machines that run nothing else. Without arguments it serves.

#![forbid(unsafe_code)]

use std::process::ExitCode;

const USAGE: &str = "usage: refmark-server

Serves the registry. Everything is set by the environment: BIND_ADDR, REGISTRY_DIR, REGISTRY_LOCK_PATH, SERVICE_TOKEN_PATH,
INTEGRITY_RESULT_PATH, OIDC_PATH, TLS_CERT_PATH, TLS_KEY_PATH, INSECURE_DEV_MODE, ALLOW_REMOTE_BIND, ALLOWED_HOSTS, LOG_FORMAT, UPLOAD_LIMIT,
REFMARK_STATE.";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        None => match refmark_server::run(refmark_server::Settings::from_env(), None) {
            Ok(()) => ExitCode::SUCCESS,
            Err(fatal) => {
                eprintln!("refmark-server: {fatal}");
                ExitCode::FAILURE
            }
        },
        Some(word) => {
            eprintln!("{USAGE}");
            match word == "help" || word == "-h" || word == "--help" {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(2),
            }
        }
    }
}
