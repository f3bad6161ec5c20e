//! From an address and the user's settings to a client of the object store.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::multipart::MultipartStore;
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::runtime;
use super::said::said;
use crate::remote::{Address, Kind, Settings, find_profile};
use refmark_types::error::Result;

/// How long a server may take to be reached, and to send the next bytes.
const CONNECT: Duration = Duration::from_secs(15);
const STALL: Duration = Duration::from_secs(60);

pub(super) struct Connected {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) multipart: Option<Arc<dyn MultipartStore>>,
    pub(super) root: Key,
}

pub(super) fn connect(address: &Address, settings: &Settings, jobs: usize) -> Result<Connected> {
    runtime::prepare()?;
    let root = Key::from(address.path());
    let built = match address.kind() {
        Kind::S3 => s3(address, settings, jobs)?.build().map(both),
        Kind::Gs => gs(address, settings, jobs).build().map(both),
        Kind::Az => az(address, settings, jobs).build().map(both),
        Kind::Http => return http(address, jobs),
    };
    let (store, multipart) = built.map_err(|error| said("connect to", &address.to_string(), &error))?;
    Ok(Connected { store, multipart: Some(multipart), root })
}

fn both<T: ObjectStore + MultipartStore>(store: T) -> (Arc<dyn ObjectStore>, Arc<dyn MultipartStore>) {
    let store = Arc::new(store);
    (Arc::clone(&store) as Arc<dyn ObjectStore>, store)
}

/// No limit on a whole request, which may be slow and fine: one on the wait for the next bytes.
fn client(plain_http: bool, jobs: usize) -> ClientOptions {
    ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(CONNECT)
        .with_read_timeout(STALL)
        .with_pool_max_idle_per_host(jobs * 2)
        .with_allow_http(plain_http)
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(90), ..RetryConfig::default() }
}

fn is_plain(endpoint: Option<&str>) -> bool {
    endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"))
}

fn s3(address: &Address, settings: &Settings, jobs: usize) -> Result<AmazonS3Builder> {
    let mut builder = AmazonS3Builder::new();
    let asked = address.option("profile");
    let variables = &settings.variables;
    for (name, value) in variables.of("AWS_") {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let in_env = ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
    let mut known = in_env.iter().any(|name| variables.get(name).is_some());
    let in_env = variables.get("AWS_ENDPOINT_URL_S3").or(variables.get("AWS_ENDPOINT_URL"));
    let mut endpoint = address.option("endpoint").or(in_env).map(str::to_owned);
    let mut region = address.option("region").map(str::to_owned);
    if asked.is_some() || !known {
        // A profile that is named goes before what the environment has, as with Amazon's own tools.
        if let Some(profile) = find_profile(asked, settings)? {
            if let (Some(id), Some(secret)) = (profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")) {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
                builder = builder.with_token(profile.get("aws_session_token").unwrap_or_default());
                known = true;
            }
            endpoint = endpoint.or(profile.get("endpoint_url").map(str::to_owned));
            let set = variables.get("AWS_REGION").is_some() && asked.is_none();
            region = region.or(profile.get("region").filter(|_| !set).map(str::to_owned));
        }
    }
    if let Some(region) = &region {
        builder = builder.with_region(region);
    }
    // Elsewhere than at Amazon nobody hands out credentials to machines: without any, requests are not signed.
    let unsigned = address.is_anonymous() || (!known && endpoint.is_some());
    let plain = is_plain(endpoint.as_deref());
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    Ok(builder
        .with_bucket_name(address.host())
        .with_skip_signature(unsigned)
        .with_client_options(client(plain, jobs))
        .with_allow_http(plain)
        .with_retry(retries()))
}

fn gs(address: &Address, settings: &Settings, jobs: usize) -> GoogleCloudStorageBuilder {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in settings.variables.of("GOOGLE_") {
        if let Ok(key) = name.to_ascii_lowercase().parse::<GoogleConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    let emulator = settings.variables.get("STORAGE_EMULATOR_HOST");
    let endpoint = address.option("endpoint").or(emulator).map(str::to_owned);
    let plain = is_plain(endpoint.as_deref());
    let unsigned = address.is_anonymous() || emulator.is_some();
    if let Some(endpoint) = endpoint {
        builder = builder.with_base_url(&endpoint);
    }
    builder
        .with_bucket_name(address.host())
        .with_skip_signature(unsigned)
        .with_client_options(client(plain, jobs))
        .with_retry(retries())
}

fn az(address: &Address, settings: &Settings, jobs: usize) -> MicrosoftAzureBuilder {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in settings.variables.of("AZURE_") {
        if let Ok(key) = name.to_ascii_lowercase().parse::<AzureConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(account) = address.option("account") {
        builder = builder.with_account(account);
    }
    let in_env = settings.variables.get("AZURE_STORAGE_ENDPOINT").or(settings.variables.get("AZURE_ENDPOINT"));
    let endpoint = address.option("endpoint").or(in_env).map(str::to_owned);
    let plain = is_plain(endpoint.as_deref());
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    builder
        .with_container_name(address.host())
        .with_skip_signature(address.is_anonymous())
        .with_client_options(client(plain, jobs))
        .with_allow_http(plain)
        .with_retry(retries())
}

/// A web server: the path is part of its address, not of the keys.
fn http(address: &Address, jobs: usize) -> Result<Connected> {
    let url = address.url();
    let built = HttpBuilder::new()
        .with_url(url.clone())
        .with_client_options(client(is_plain(Some(&url)), jobs))
        .with_retry(retries())
        .build();
    let store = built.map_err(|error| said("connect to", &url, &error))?;
    Ok(Connected { store: Arc::new(store), multipart: None, root: Key::default() })
}
