//! JSON answers read within bounds: the records of a long list one by one, each of a bounded number of values.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// The most values, nested ones included, of one record, and of all that stands beside the list.
const MAX_VALUES: u32 = 20_000;

/// Reads the object `body`. Hands each element of its member `list` to `each`, or nothing where it nests more values
/// than a record may, and returns the other members.
///
/// Depth is bounded by the parser (128); memory by the bytes and by one record.
///
/// # Errors
/// What is wrong, in words, where it is not an object with such a list.
pub(crate) fn walk(
    body: &[u8],
    list: &str,
    each: impl FnMut(Option<Value>),
) -> Result<Map<String, Value>, String> {
    let left = Cell::new(MAX_VALUES);
    let mut read = serde_json::Deserializer::from_slice(body);
    let rest = Outer { list, each, left: &left }.deserialize(&mut read).map_err(told)?;
    read.end().map_err(told)?;
    Ok(rest)
}

/// Reads a small object: a token, an error.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    let left = Cell::new(MAX_VALUES);
    let mut read = serde_json::Deserializer::from_slice(body);
    let value = Bounded(&left).deserialize(&mut read).map_err(told)?;
    read.end().map_err(told)?;
    match value {
        Value::Object(object) if left.get() > 0 => Ok(object),
        _ => Err("it is not a JSON object of ordinary size".to_owned()),
    }
}

// The parser's own words may quote the text, and a partner may have put a credential there: only the place is told.
fn told(error: serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => {
            format!("the JSON ends too early, at line {} column {}", error.line(), error.column())
        }
        serde_json::error::Category::Data => format!(
            "the JSON is not of the form that the protocol has, at line {} column {}",
            error.line(),
            error.column()
        ),
        _ => format!("it is not JSON, at line {} column {}", error.line(), error.column()),
    }
}

/// The object around the list.
struct Outer<'a, F> {
    list: &'a str,
    each: F,
    left: &'a Cell<u32>,
}

impl<'de, F: FnMut(Option<Value>)> DeserializeSeed<'de> for Outer<'_, F> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Option<Value>)> Visitor<'de> for Outer<'_, F> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the list `{}`", self.list)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut rest = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == self.list {
                map.next_value_seed(List(&mut self.each))?;
            } else {
                let value = map.next_value_seed(Bounded(self.left))?;
                if self.left.get() == 0 {
                    return Err(A::Error::custom("too many values"));
                }
                rest.insert(key, value);
            }
        }
        Ok(rest)
    }
}

/// The list, or null for an empty one.
struct List<'a, F>(&'a mut F);

impl<'de, F: FnMut(Option<Value>)> DeserializeSeed<'de> for List<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Option<Value>)> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let left = Cell::new(MAX_VALUES);
            let Some(value) = list.next_element_seed(Bounded(&left))? else { return Ok(()) };
            (self.0)((left.get() > 0).then_some(value));
        }
    }
}

/// A value of at most so many values; those beyond are read over, and the count is left at 0.
struct Bounded<'a>(&'a Cell<u32>);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() == 0 {
            return from.deserialize_ignored_any(IgnoredAny).map(|_| Value::Null);
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while self.0.get() > 0 {
            match list.next_element_seed(Bounded(self.0))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while self.0.get() > 0 {
            let Some(key) = map.next_key::<String>()? else { return Ok(Value::Object(members)) };
            members.insert(key, map.next_value_seed(Bounded(self.0))?);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Walked = (Vec<Option<Value>>, Map<String, Value>);

    fn elements(body: &str) -> Result<Walked, String> {
        let mut found = Vec::new();
        let rest = walk(body.as_bytes(), "list", |value| found.push(value))?;
        Ok((found, rest))
    }

    #[test]
    fn elements_come_one_by_one_and_the_rest_beside_them() {
        let (found, rest) = elements(r#"{"n":2,"list":[{"a":[1,null]},"x"],"more":true}"#).unwrap();
        assert_eq!(found, [Some(serde_json::json!({"a":[1,null]})), Some("x".into())]);
        assert_eq!(Value::Object(rest), serde_json::json!({"n":2,"more":true}));
        assert_eq!(elements(r#"{"list":null}"#).unwrap().0, []);
    }

    #[test]
    fn an_element_that_nests_a_million_values_is_passed_over_and_the_next_is_read() {
        let bomb = format!("{{\"list\":[[{}1],7]}}", "[],".repeat(1_000_000));
        assert_eq!(elements(&bomb).unwrap().0, [None, Some(7.into())]);
        let wide = format!("{{\"list\":[1],\"x\":[{}1]}}", "[],".repeat(1_000_000));
        assert!(elements(&wide).is_err());
    }

    #[test]
    fn depth_text_after_the_end_and_cut_text_are_errors_that_quote_nothing() {
        for wrong in [
            format!("{{\"list\":[{}", "[".repeat(100_000)),
            "{\"list\":[]} secret".to_owned(),
            "{\"list\":[{\"secret\":".to_owned(),
            "{\"list\":\"secret\"}".to_owned(),
            "\"secret\"".to_owned(),
            String::new(),
        ] {
            let error = elements(&wrong).unwrap_err();
            assert!(error.contains("line") && !error.contains("secret"), "{error}");
        }
    }
}
