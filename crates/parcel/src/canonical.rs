//! Canonical JSON (RFC 8785, whole numbers only): one value, one sequence of bytes, so that its digest means the value.

use serde::Serialize;
use serde_json::{Number, Value};

/// The largest whole number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3).
const MAX_EXACT: u64 = (1 << 53) - 1;

/// A value that has no canonical form here.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// A fraction, or a number that some readers would round.
    #[error(
        "the number `{0}` has no exact form in JSON: write whole numbers below 2^53, others as text"
    )]
    Number(String),
    /// A value that is no JSON at all, such as a map whose keys are not text.
    #[error("a value has no form in JSON: {0}")]
    NotJson(#[from] serde_json::Error),
}

/// The canonical JSON of `value`: keys in the order of their UTF-16 units, no white space, shortest escapes.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Step<'a> { what: &'a str, at: u64 }
/// let bytes = writ_parcel::canonical_json(&Step { what: "searched", at: 7 })?;
/// assert_eq!(bytes, br#"{"at":7,"what":"searched"}"#);
/// # Ok::<(), writ_parcel::CanonicalError>(())
/// ```
///
/// # Errors
///
/// When a number is no whole number below 2^53, or the value cannot be JSON.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::new();
    write(&serde_json::to_value(value)?, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => out.extend(exact(number)?.as_bytes()),
        // serde_json escapes as RFC 8785 asks: the short forms, other controls as \u00xx, all else as it is.
        Value::String(text) => serde_json::to_writer(out, text)?,
        Value::Array(values) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                comma(at, out);
                write(value, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                comma(at, out);
                serde_json::to_writer(&mut *out, key)?;
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn exact(number: &Number) -> Result<String, CanonicalError> {
    let is_exact = number.as_u64().is_some_and(|n| n <= MAX_EXACT)
        || number.as_i64().is_some_and(|n| n.unsigned_abs() <= MAX_EXACT);
    is_exact.then(|| number.to_string()).ok_or_else(|| CanonicalError::Number(number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, CanonicalError> {
        let value: Value = serde_json::from_str(text).unwrap();
        canonical_json(&value).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn keys_are_sorted_by_utf16_units_and_white_space_is_gone() {
        let given =
            r#"{ "\ufb33": 1, "\ud83d\ude00": 2, "b": [true, null], "a": {"z": -1, "y": ""} }"#;
        assert_eq!(
            canonical(given).unwrap(),
            "{\"a\":{\"y\":\"\",\"z\":-1},\"b\":[true,null],\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
    }

    #[test]
    fn strings_are_escaped_as_the_rfc_shows() {
        let given = r#""\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/""#;
        assert_eq!(canonical(given).unwrap(), "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    }

    #[test]
    fn numbers_that_some_reader_would_round_are_refused() {
        assert_eq!(canonical("9007199254740991").unwrap(), "9007199254740991");
        assert!(canonical("9007199254740992").is_err());
        assert!(canonical("1.5").is_err());
    }
}
