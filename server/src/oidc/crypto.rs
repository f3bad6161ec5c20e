//! Checking signatures with the library that TLS checks them with already.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature as ring_signature;

/// Checks signatures, and makes none.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _: &EncodingKey| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: |algorithm, key| {
        let checked = Checked { algorithm: *algorithm, key: key.kind().clone() };
        match family_fits(*algorithm, key) {
            true => Ok(Box::new(checked)),
            false => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    },
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| none(),
        rsa_pub_components_from_public_key: |_| none(),
        ec_pub_components_from_private_key: |_, _| none(),
        ed_pub_components_from_private_key: |_, _| none(),
        compute_digest: |_, _| none(),
    },
};

fn none<T>() -> Result<T> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

/// Makes it the one that this process uses; a second time changes nothing.
pub fn install() {
    let _ = PROVIDER.install_default();
}

fn family_fits(algorithm: Algorithm, key: &DecodingKey) -> bool {
    algorithm.family() == key.family()
}

struct Checked {
    algorithm: Algorithm,
    key: DecodingKeyKind,
}

impl Verifier<Vec<u8>> for Checked {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let rsa = |parameters| match &self.key {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                ring_signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            DecodingKeyKind::SecretOrDer(_) => Err(ring::error::Unspecified),
        };
        let point = |how: &'static dyn ring_signature::VerificationAlgorithm| match &self.key {
            DecodingKeyKind::SecretOrDer(bytes) => {
                ring_signature::UnparsedPublicKey::new(how, bytes).verify(message, signature)
            }
            DecodingKeyKind::RsaModulusExponent { .. } => Err(ring::error::Unspecified),
        };
        let checked = match self.algorithm {
            Algorithm::RS256 => rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => rsa(&ring_signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => rsa(&ring_signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => rsa(&ring_signature::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => point(&ring_signature::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => point(&ring_signature::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => point(&ring_signature::ED25519),
            _ => Err(ring::error::Unspecified),
        };
        checked.map_err(|_| Error::new())
    }
}

impl JwtVerifier for Checked {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
