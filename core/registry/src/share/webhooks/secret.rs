//! What a webhook is signed with, by the convention of Standard Webhooks: `v1` is HMAC-SHA256 by a secret that both sides have,
//! `v1a` an ed25519 signature that anybody can check who has the public key.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use refmark_engine::ports::signer::Signer;
use refmark_store::key::HeldKey;
use refmark_types::error::{Code, Error, Result, bug};

const SHARED: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";

/// What a webhook is signed with. It is kept in the registry's own folder, readable by its user alone, and in no record.
pub enum Secret {
    /// 24 to 64 bytes that both sides have.
    Shared(Zeroizing<Vec<u8>>),
    /// A key whose public half the receiver has.
    Ed25519(Box<HeldKey>),
}

impl Secret {
    /// A new one, with its text: of 32 random bytes.
    pub fn generate(ed25519: bool) -> Result<(Secret, Zeroizing<String>)> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *bytes).map_err(bug)?;
        let prefix = if ed25519 { PRIVATE } else { SHARED };
        let text = Zeroizing::new(format!("{prefix}{}", Base64::encode_string(&*bytes)));
        Ok((Secret::parse(&text)?, text))
    }

    /// Reads `whsec_` or `whsk_` and base64. Errors do not repeat the text.
    pub fn parse(text: &str) -> Result<Secret> {
        let bad = |why: &str| Error::new(Code::BadArgument, format!("the secret {why}"));
        let text = text.trim();
        let bytes = |base64: &str| match Base64::decode_vec(base64) {
            Ok(bytes) => Ok(Zeroizing::new(bytes)),
            Err(_) => Err(bad("is no base64 after its prefix")),
        };
        if let Some(base64) = text.strip_prefix(SHARED) {
            let bytes = bytes(base64)?;
            return match bytes.len() {
                24..=64 => Ok(Secret::Shared(bytes)),
                found => Err(bad(&format!("has {found} bytes, and not 24 to 64"))),
            };
        }
        let Some(base64) = text.strip_prefix(PRIVATE) else {
            return Err(bad("begins with neither whsec_ nor whsk_").hint("Standard Webhooks writes secrets so"));
        };
        // Some write the public half behind the private one.
        let bytes = bytes(base64)?;
        match (bytes.len(), bytes.first_chunk::<32>()) {
            (32 | 64, Some(seed)) => Ok(Secret::Ed25519(Box::new(HeldKey::from_seed(seed, "a webhook's key")?))),
            (found, _) => Err(bad(&format!("has {found} bytes, and a private key has 32"))),
        }
    }

    /// The public key that the receiver checks with, as `whpk_` and base64; none for a shared secret.
    pub fn public(&self) -> Option<String> {
        match self {
            Secret::Shared(_) => None,
            Secret::Ed25519(key) => Some(format!("{PUBLIC}{}", Base64::encode_string(key.public().as_bytes()))),
        }
    }

    /// The value of the header `webhook-signature`. `time` is in seconds since 1970, the value of `webhook-timestamp`.
    pub fn sign(&self, id: &str, time: i64, body: &[u8]) -> Result<String> {
        let mut signed = format!("{id}.{time}.").into_bytes();
        signed.extend_from_slice(body);
        match self {
            Secret::Shared(bytes) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(bytes).map_err(bug)?;
                mac.update(&signed);
                Ok(format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes())))
            }
            Secret::Ed25519(key) => Ok(format!("v1a,{}", Base64::encode_string(&key.sign(&signed)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_shared_secret_signs_as_the_conventions_own_libraries_do() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_key_signs_what_its_public_half_checks_and_a_bad_secret_is_not_repeated() {
        let (secret, _) = Secret::generate(true).unwrap();
        let Secret::Ed25519(key) = &secret else { panic!("a key was asked for") };
        let said = secret.sign("a", 1, b"{}").unwrap();
        let signature = Base64::decode_vec(said.strip_prefix("v1a,").unwrap()).unwrap();
        let signature: [u8; 64] = signature.try_into().unwrap();
        refmark_records::signature::verify(&key.public(), b"a.1.{}", &signature).unwrap();
        assert!(secret.public().unwrap().starts_with("whpk_"));
        for bad in ["hunter2hunter2", "whsec_AAAA", "whsk_AAAA", "whsec_!!"] {
            let error = Secret::parse(bad).err().unwrap();
            assert!(!error.message.contains(bad) && error.code == Code::BadArgument, "{}", error.message);
        }
    }
}
