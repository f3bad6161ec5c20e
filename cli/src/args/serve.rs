//! Arguments of serve.

use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Environment: BIND_ADDR (127.0.0.1:8470), REGISTRY_DIR (/registry), REGISTRY_LOCK_PATH, SERVICE_TOKEN_PATH, \
                        INTEGRITY_RESULT_PATH, ALLOW_REMOTE_BIND=true, INSECURE_DEV_MODE=true, ALLOWED_HOSTS, LOG_FORMAT=json, \
                        REFMARK_STATE. It logs to standard error, and ends on SIGTERM once open requests are answered. \
                        docs/serve.md says more."
)]
pub struct ServeArgs {}
