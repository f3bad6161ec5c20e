//! Where a remote is that is no folder: `s3://bucket/prefix?region=eu-west-1`.

use std::collections::BTreeMap;
use std::fmt;

use super::profile::find as find_profile;
use super::settings::Settings;
use refmark_types::address::has_secret;
use refmark_types::error::{Code, Error, Result};

/// What stands at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Amazon S3, and whatever speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage.
    Az,
    /// A web server.
    Http,
}

impl Kind {
    /// The word for it, which is the scheme of its addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::S3 => "s3",
            Kind::Gs => "gs",
            Kind::Az => "az",
            Kind::Http => "https",
        }
    }

    const fn options(self) -> &'static [&'static str] {
        match self {
            Kind::S3 => &["anonymous", "endpoint", "profile", "region"],
            Kind::Gs => &["anonymous", "endpoint"],
            Kind::Az => &["account", "anonymous", "endpoint"],
            Kind::Http => &[],
        }
    }
}

/// An address, taken apart. Holds no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    kind: Kind,
    scheme: &'static str,
    host: String,
    path: String,
    options: BTreeMap<String, String>,
}

impl Address {
    /// Reads `scheme://host/path?option=value&…`.
    ///
    /// Errors: `secret` where it carries a password; `bad-argument` where it is none of the forms, with the rule.
    ///
    /// ```
    /// use refmark_store::remote::{Address, Kind};
    ///
    /// let address = Address::parse("s3://models/team-a?region=eu-west-1&profile=work")?;
    /// assert_eq!((address.kind(), address.host(), address.path()), (Kind::S3, "models", "team-a"));
    /// assert_eq!(address.for_others().to_string(), "s3://models/team-a?region=eu-west-1");
    /// assert!(Address::parse("s3://KEY:SECRET@models").is_err());
    /// # Ok::<(), Box<refmark_types::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Address> {
        refuse_secrets(text)?;
        let shown = text.escape_debug();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(wrong(format!("`{shown}` is neither a folder nor an address")));
        };
        let (kind, scheme) = match scheme {
            "s3" => (Kind::S3, "s3"),
            "gs" => (Kind::Gs, "gs"),
            "az" => (Kind::Az, "az"),
            "https" => (Kind::Http, "https"),
            "http" => (Kind::Http, "http"),
            _ => return Err(wrong(format!("`{}` is no kind of remote", scheme.escape_debug()))),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_end_matches('/');
        let named = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c) || (kind == Kind::Http && c == ':');
        if host.is_empty() || !host.chars().all(named) {
            return Err(wrong(format!("`{shown}` names no host or bucket of letters, digits, dots, `-` and `_`")));
        }
        let good = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "._=+@-~".contains(c);
            !part.is_empty() && part != "." && part != ".." && part.chars().all(known)
        };
        if !path.is_empty() && !path.split('/').all(good) {
            return Err(wrong(format!(
                "the path of `{shown}` has a part that is not of letters, digits and `._=+@-~`"
            )));
        }
        let options = options(kind, query)?;
        Ok(Address { kind, scheme, host: host.to_owned(), path: path.to_owned(), options })
    }

    /// What stands there.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The host, bucket or container.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path below it, without slashes at its ends.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An option, if it is given.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Whether requests go out unsigned.
    pub fn is_anonymous(&self) -> bool {
        self.option("anonymous") == Some("true")
    }

    /// The same with this option, where it is not given. Errors: as [`Address::parse`].
    pub fn or_option(mut self, name: &str, value: Option<&str>) -> Result<Address> {
        if let Some(value) = value.filter(|_| !self.options.contains_key(name)) {
            self.options.extend(options(self.kind, &format!("{name}={value}"))?);
        }
        Ok(self)
    }

    /// The same with what the user's environment and profile say of the place: so that it is found again without them, and by
    /// colleagues. Errors: as [`find_profile`].
    pub fn completed(self, settings: &Settings) -> Result<Address> {
        let get = |name: &str| settings.variables.get(name);
        match self.kind {
            Kind::S3 => {
                let asked = self.option("profile").map(str::to_owned);
                let named = asked.is_some() || get("AWS_ACCESS_KEY_ID").is_none();
                let profile = if named { find_profile(asked.as_deref(), settings)? } else { None };
                let of_profile = |name: &str| profile.as_ref().and_then(|profile| profile.get(name));
                let endpoint = get("AWS_ENDPOINT_URL_S3").or(get("AWS_ENDPOINT_URL")).or(of_profile("endpoint_url"));
                let region = get("AWS_REGION").or(get("AWS_DEFAULT_REGION"));
                let region =
                    if asked.is_some() { of_profile("region").or(region) } else { region.or(of_profile("region")) };
                self.or_option("endpoint", endpoint)?.or_option("region", region)
            }
            Kind::Gs => self.or_option("endpoint", get("STORAGE_EMULATOR_HOST")),
            Kind::Az => self.or_option("account", get("AZURE_STORAGE_ACCOUNT_NAME")),
            Kind::Http => Ok(self),
        }
    }

    /// The address as colleagues need it: without the name of one's own profile.
    #[must_use]
    pub fn for_others(&self) -> Address {
        let mut address = self.clone();
        address.options.remove("profile");
        address
    }

    /// Where a web server is: the address without its options.
    pub fn url(&self) -> String {
        let slash = if self.path.is_empty() { "" } else { "/" };
        format!("{}://{}{slash}{}", self.scheme, self.host, self.path)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())?;
        for (n, (name, value)) in self.options.iter().enumerate() {
            write!(f, "{}{name}={value}", if n == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

fn options(kind: Kind, query: &str) -> Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if !kind.options().contains(&name) {
            let known = kind.options().join(", ");
            let known = if known.is_empty() { "none".to_owned() } else { known };
            let message = format!("`{}` is no option of {} remotes", name.escape_debug(), kind.as_str());
            return Err(Error::new(Code::BadArgument, message).hint(format!("options: {known}")));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._~:/@-".contains(c);
        refuse_secrets(value)?;
        if value.is_empty() || !value.chars().all(plain) {
            return Err(wrong(format!("the option {name} has a value that is not of letters, digits and `._~:/@-`")));
        }
        options.insert(name.to_owned(), value.to_owned());
    }
    Ok(options)
}

fn refuse_secrets(text: &str) -> Result<()> {
    match has_secret(text) {
        true => Err(Error::new(Code::Secret, "the address carries a password or token")
            .hint("leave it out; credentials come from the environment or from the cloud's own files")),
        false => Ok(()),
    }
}

fn wrong(message: String) -> Box<Error> {
    Error::new(Code::BadArgument, message).hint(
        "name a folder, or an address such as s3://bucket/prefix, gs://…, az://container/prefix or https://host/path",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_prints_as_it_was_read_with_its_options_in_order() {
        for (text, printed) in [
            ("s3://b", "s3://b"),
            ("s3://b/", "s3://b"),
            (
                "s3://b/a/b/?region=x&endpoint=http://127.0.0.1:9000",
                "s3://b/a/b?endpoint=http://127.0.0.1:9000&region=x",
            ),
            ("gs://b/p?anonymous=true", "gs://b/p?anonymous=true"),
            ("az://c/p?account=me", "az://c/p?account=me"),
            ("https://h:8080/a", "https://h:8080/a"),
        ] {
            assert_eq!(Address::parse(text).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_address_says_which_rule_it_breaks() {
        for (text, code) in [
            ("s3://", Code::BadArgument),
            ("s3:///p", Code::BadArgument),
            ("s3://b/../c", Code::BadArgument),
            ("s3://b//c", Code::BadArgument),
            ("s3://b/%2e", Code::BadArgument),
            ("s3://b?secret=x", Code::Secret),
            ("s3://b?colour=x", Code::BadArgument),
            ("s3://b?region=", Code::BadArgument),
            ("s3://b?endpoint=https://me:pw@h", Code::Secret),
            ("https://h/a?x=1", Code::BadArgument),
            ("https://me:pw@h/a", Code::Secret),
            ("ftp://h/a", Code::BadArgument),
            ("nothing", Code::BadArgument),
        ] {
            assert_eq!(Address::parse(text).unwrap_err().code, code, "{text}");
        }
    }
}
