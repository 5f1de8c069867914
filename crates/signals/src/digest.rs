//! What the digests of files have in common: a file's pieces in, hexadecimal text out and in again.

/// A digest of so many bytes by the named algorithm, and the error of text that is none. The algorithm's `Digest` has to be in scope.
macro_rules! file_digest {
    ($name:ident, $error:ident, $algorithm:ty, $bytes:literal, $what:literal, $characters:literal) => {
        #[doc = concat!("Is ", $what, ". Its text is ", $characters, " hexadecimal characters, lower case when written; read in")]
        /// either case and with white space around it, as the Python client does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        #[doc = concat!("Text that is not ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("`{0}` is not {what}: give {characters} hexadecimal characters", what = $what, characters = $characters)]
        pub struct $error(pub String);

        impl $name {
            /// The digest of a file's pieces, in their order.
            pub fn of<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
                let mut running = <$algorithm>::new();
                pieces.into_iter().for_each(|piece| running.update(piece));
                Self(running.finalize().into())
            }

            /// Its bytes.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let bytes = $crate::hex::parse(text.trim());
                bytes.map(Self).ok_or_else(|| $error($crate::hex::shown(text)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::hex::write(&self.0, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> String {
                digest.to_string()
            }
        }
    };
}

pub(crate) use file_digest;
