//! What stands behind the `?` of an address, without a copy where none is needed.

use crate::app::Shared;
use crate::error::Problem;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::str::FromStr;
use url::form_urlencoded;
use writ_hashbank::BankName;

/// The most pairs that are read.
const MOST: usize = 64;

/// The query of a request. Where a name is given twice, its first value counts, as clients of other services expect.
#[derive(Debug, Default)]
pub(crate) struct Params(String);

impl Params {
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes()).take(MOST);
        pairs.find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A value that is there and not empty.
    pub fn some(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub fn need(&self, name: &str) -> Result<Cow<'_, str>, Problem> {
        let missing = || Problem::unfit(format!("`{name}` is missing from the query"));
        self.get(name).ok_or_else(missing)
    }

    /// A value of a type, or `default` where it is missing.
    pub fn parse<T: FromStr>(&self, name: &str, default: T, what: &str) -> Result<T, Problem> {
        match self.some(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| unread(name, &text, what)),
        }
    }

    /// A yes or no in any of the ways in which clients say it.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.some(name) {
            None => Ok(default),
            Some(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" | "t" | "y" => Ok(true),
                "false" | "0" | "no" | "off" | "f" | "n" => Ok(false),
                _ => Err(unread(name, &text, "give `true` or `false`")),
            },
        }
    }

    /// Banks by name, those that cannot be left out; nothing where none are named.
    pub fn banks(&self) -> Option<Vec<BankName>> {
        let named = self.some("banks")?;
        Some(named.split(',').filter_map(|name| name.trim().parse().ok()).collect())
    }

    /// Words joined by commas; nothing where there are none.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let words = self.get(name)?;
        let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
        Some(words.map(str::to_owned).collect())
    }
}

impl FromRequestParts<Shared> for Params {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

/// What stands in the places of a route. What cannot stand there is not there.
pub(crate) struct Place<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Place<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let place = Path::from_request_parts(parts, app).await;
        let missing = |_| Problem::missing("there is nothing of this name or number");
        place.map(|Path(place)| Self(place)).map_err(missing)
    }
}

fn unread(name: &str, text: &str, what: &str) -> Problem {
    let text: String = text.chars().take(80).collect();
    Problem::unfit(format!("`{name}` is `{text}`: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_counts_and_what_is_no_text_is_no_harm() {
        let params = Params("a=1&a=2&b=%ff%fe&c&=d&banks=A,b,%20C&flag=Yes".to_owned());
        assert_eq!(params.get("a").as_deref(), Some("1"));
        assert_eq!(params.get("b").as_deref(), Some("\u{fffd}\u{fffd}"));
        assert_eq!((params.get("c").as_deref(), params.some("c")), (Some(""), None));
        assert_eq!(params.banks().unwrap(), ["A".parse().unwrap(), "C".parse().unwrap()]);
        assert!(params.flag("flag", false).unwrap());
        assert_eq!(
            params.parse("a", 0u32, "").and(params.flag("a", false).map(u32::from)).unwrap(),
            1
        );
        assert!(
            params
                .parse("banks", 0u32, "give a number")
                .unwrap_err()
                .message
                .contains("give a number")
        );
    }
}
