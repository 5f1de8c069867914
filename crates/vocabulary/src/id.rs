//! Typed ids: each is checked text, so that a rule's id can never be taken for a case's.

/// Text that is not a well-formed id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: {rule}")]
pub struct IdError {
    /// What was given, cut to 80 characters.
    pub given: String,
    /// What it should have been.
    pub what: &'static str,
    /// The form it should have.
    pub rule: &'static str,
}

/// A type for ids of one kind: documentation, name, what it is called in an error, its form in words, and the check of it.
/// The crate that uses it has `serde` and `schemars`.
#[macro_export]
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::IdError;
            fn try_from(text: String) -> Result<Self, $crate::IdError> {
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    Err($crate::IdError { given: text.chars().take(80).collect(), what: $what, rule: $rule })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdError;
            fn from_str(text: &str) -> Result<Self, $crate::IdError> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id!(
    /// One docket: `C-` and two groups of four Crockford base-32 characters, as in `C-7K3M-Q2XD`.
    CaseId, "a case id", "write it as `C-7K3M-Q2XD`", is_case_id
);
text_id!(
    /// An instrument's folder in the law book: `us/search-warrant`.
    InstrumentId, "an instrument", "write `<jurisdiction>/<name>` in lower case, as in `us/search-warrant`", is_instrument
);
text_id!(
    /// One kind of datum: `session_times`.
    ElementId, "an element", "lower-case words joined by `_`, at most 64 characters", |t| is_word(t, '_')
);
text_id!(
    /// A statement that a demand's document makes: `offence.max_years`.
    StatementId, "a statement", "lower-case words joined by `_`, grouped by `.`, at most 64 characters", is_dotted
);
text_id!(
    /// What kind of body an authority is: `investigating-judge`.
    AuthorityClass, "an authority class", "lower-case words joined by `-`", |t| is_word(t, '-')
);
text_id!(
    /// An authority in the registry: `fr-pnat`.
    AuthorityId, "an authority id", "lower-case words joined by `-`", |t| is_word(t, '-')
);
text_id!(
    /// An officer of an authority; opaque, so that events name no person: `o-17`.
    OfficerId, "an officer id", "lower-case words joined by `-`", |t| is_word(t, '-')
);
text_id!(
    /// A member of the provider's staff; opaque, so that events name no person: `reviewer-2`.
    PersonId, "a person id", "lower-case words joined by `-`", |t| is_word(t, '-')
);
text_id!(
    /// A rule of the policy: `P2` or a provider's own `local-7`.
    RuleId, "a rule id", "letters, digits, `.`, `_` and `-`, at most 64 characters", is_rule
);
text_id!(
    /// A data source of the provider, as named in `custody.toml`.
    SourceId, "a source", "lower-case words joined by `-`", |t| is_word(t, '-')
);
text_id!(
    /// An account within one demand: `a1`. The identifier itself is kept apart, encrypted.
    AccountRef, "an account reference", "a letter and up to 15 letters, digits or `-`, as in `a1`", is_account_ref
);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl CaseId {
    /// The id made of 40 random bits.
    pub fn from_random(bytes: [u8; 5]) -> Self {
        let bits = bytes.iter().fold(0u64, |acc, byte| (acc << 8) | u64::from(*byte));
        let letters: String = (0..8)
            .rev()
            .filter_map(|i| CROCKFORD.get(((bits >> (5 * i)) & 31) as usize))
            .map(|byte| char::from(*byte))
            .collect();
        let (left, right) = letters.split_at(4);
        Self(format!("C-{left}-{right}"))
    }
}

fn is_case_id(text: &str) -> bool {
    let mut parts = text.split('-');
    let group = |part: Option<&str>| {
        part.is_some_and(|p| p.len() == 4 && p.bytes().all(|b| CROCKFORD.contains(&b)))
    };
    parts.next() == Some("C")
        && group(parts.next())
        && group(parts.next())
        && parts.next().is_none()
}

fn is_instrument(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(place, name)| place.len() <= 8 && is_word(place, '-') && is_word(name, '-'))
}

fn is_word(text: &str, joint: char) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
        && !text.starts_with(joint)
        && !text.ends_with(joint)
}

fn is_dotted(text: &str) -> bool {
    text.len() <= 64 && text.split('.').all(|part| is_word(part, '_'))
}

fn is_rule(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn is_account_ref(text: &str) -> bool {
    (1..=16).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_id_made_of_random_bits_reads_back() {
        for bytes in [[0; 5], [255; 5], [1, 2, 3, 4, 5]] {
            let id = CaseId::from_random(bytes);
            assert_eq!(id.as_str().parse::<CaseId>(), Ok(id));
        }
        assert_eq!(CaseId::from_random([0; 5]).as_str(), "C-0000-0000");
    }

    #[test]
    fn ids_of_the_wrong_form_are_refused_with_the_right_one() {
        let error = "Search Warrant".parse::<InstrumentId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Search Warrant` is not an instrument: write `<jurisdiction>/<name>` in lower case, as in `us/search-warrant`"
        );
        assert!("us/../etc".parse::<InstrumentId>().is_err());
        assert!("offence.max_years".parse::<StatementId>().is_ok());
        assert!("offence..max".parse::<StatementId>().is_err());
        assert!("".parse::<ElementId>().is_err());
    }
}
