//! The authorities' own keys: made once for a demo home, kept beside it, and enrolled in the registry.

use crate::fault;
use ed25519_dalek::{Signer, SigningKey};
use miette::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use writ_desk::Registry;
use writ_parcel::Identity;
use writ_vocabulary::{AuthorityId, EnrolledKey, Instant, KeyPurpose};

/// The secret halves, by authority.
#[derive(Serialize, Deserialize)]
pub struct Secrets(BTreeMap<AuthorityId, Secret>);

#[derive(Serialize, Deserialize)]
struct Secret {
    seal: String,
    sign: String,
}

impl Secrets {
    /// Reads the keys of a demo home, or makes and enrols them.
    pub fn of(home: &Path, registry: &mut Registry) -> Result<Self> {
        let path = home.join("authorities-own-keys.toml");
        let unwritable =
            |error: std::io::Error| fault::plain(format!("{}: {error}", path.display()));
        let secrets = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?,
            Err(_) => {
                let secrets = Self::make(registry)?;
                let text = toml::to_string_pretty(&secrets).map_err(fault::of)?;
                std::fs::write(&path, text).map_err(unwritable)?;
                secrets
            }
        };
        for authority in &mut registry.authorities {
            authority.keys = secrets.enrolled(&authority.id)?;
        }
        Ok(secrets)
    }

    fn make(registry: &Registry) -> Result<Self> {
        let one = |authority: &writ_vocabulary::Authority| {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed)
                .map_err(|error| fault::plain(format!("no random bytes: {error}")))?;
            let seal = Identity::generate().secret_text().to_string();
            Ok((authority.id.clone(), Secret { seal, sign: hex::encode(seed) }))
        };
        registry.authorities.iter().map(one).collect::<Result<_>>().map(Self)
    }

    fn enrolled(&self, id: &AuthorityId) -> Result<Vec<EnrolledKey>> {
        let key = |purpose, key| EnrolledKey {
            purpose,
            key,
            enrolled: Instant::UNIX_EPOCH,
            withdrawn: None,
        };
        let Some(identity) = self.identity(id)? else { return Ok(Vec::new()) };
        let sign = self.signing(id).map(|sign| hex::encode(sign.verifying_key().to_bytes()));
        let seal = Some(key(KeyPurpose::Seal, identity.recipient()));
        Ok(seal.into_iter().chain(sign.map(|sign| key(KeyPurpose::Sign, sign))).collect())
    }

    /// The identity that opens an authority's parcels.
    pub fn identity(&self, id: &AuthorityId) -> Result<Option<Identity>> {
        self.0.get(id).map(|secret| secret.seal.parse().map_err(fault::of)).transpose()
    }

    /// An authority's signature over a demand's bytes.
    pub fn sign(&self, id: &AuthorityId, bytes: &[u8]) -> Option<String> {
        self.signing(id).map(|key| hex::encode(key.sign(bytes).to_bytes()))
    }

    fn signing(&self, id: &AuthorityId) -> Option<SigningKey> {
        let seed: [u8; 32] = hex::decode(&self.0.get(id)?.sign).ok()?.try_into().ok()?;
        Some(SigningKey::from_bytes(&seed))
    }
}
