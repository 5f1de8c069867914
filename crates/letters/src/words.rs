//! The wording: which languages there are, the sentences of each letter, dates and numbers in words.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use writ_vocabulary::{Instant, Period};

/// The language a reader asked for, as a language tag (BCP 47).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Lang(String);

impl Lang {
    /// English.
    pub fn en() -> Self {
        Self("en".into())
    }

    /// French.
    pub fn fr() -> Self {
        Self("fr".into())
    }

    /// The language `tag` names; only its first part counts (`fr-BE` is French). A tag that is none is English.
    pub fn from_tag(tag: &str) -> Self {
        let first = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let known_form =
            (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_lowercase());
        if known_form { Self(first) } else { Self::en() }
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.0
    }
}

impl From<String> for Lang {
    fn from(tag: String) -> Self {
        Self::from_tag(&tag)
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.0
    }
}

/// The words of one letter or page in one language, from the file in `templates/` that bears its name.
pub struct Words {
    asked: Lang,
    lang: Lang,
    own: &'static Sentences,
    common: &'static Sentences,
}

type Sentences = BTreeMap<String, String>;

/// Every wording file: the letter, the language, the text.
const FILES: &[(&str, &str, &str)] = &[
    ("common", "en", include_str!("../templates/common.en.toml")),
    ("common", "fr", include_str!("../templates/common.fr.toml")),
    ("acknowledgement", "en", include_str!("../templates/acknowledgement.en.toml")),
    ("acknowledgement", "fr", include_str!("../templates/acknowledgement.fr.toml")),
    ("answer", "en", include_str!("../templates/answer.en.toml")),
    ("answer", "fr", include_str!("../templates/answer.fr.toml")),
    ("notice", "en", include_str!("../templates/notice.en.toml")),
    ("notice", "fr", include_str!("../templates/notice.fr.toml")),
    ("certificate_us", "en", include_str!("../templates/certificate_us.en.toml")),
    ("certificate_eu", "en", include_str!("../templates/certificate_eu.en.toml")),
    ("custody_chain", "en", include_str!("../templates/custody_chain.en.toml")),
    ("ruling_plain", "en", include_str!("../templates/ruling_plain.en.toml")),
    ("ruling_plain", "fr", include_str!("../templates/ruling_plain.fr.toml")),
    ("guidelines", "en", include_str!("../templates/guidelines.en.toml")),
    ("guidelines", "fr", include_str!("../templates/guidelines.fr.toml")),
];

static EMPTY: Sentences = Sentences::new();

/// A file that does not parse reads as empty here and fails the tests below: a letter is never lost at run time.
static TABLES: LazyLock<Vec<(&str, &str, Sentences)>> = LazyLock::new(|| {
    let table = |text: &str| toml::from_str(text).map(flat).unwrap_or_default();
    FILES.iter().map(|(letter, lang, text)| (*letter, *lang, table(text))).collect()
});

fn sentences(letter: &str, lang: &str) -> Option<&'static Sentences> {
    let same = |table: &&(&str, &str, Sentences)| table.0 == letter && table.1 == lang;
    TABLES.iter().find(same).map(|table| &table.2)
}

impl Words {
    /// The words of `letter` in `lang`, or in English where there is no such file.
    pub fn of(letter: &str, lang: &Lang) -> Self {
        let found = sentences(letter, lang.tag()).map(|own| (own, lang.clone()));
        let english = || (sentences(letter, "en").unwrap_or(&EMPTY), Lang::en());
        let (own, written) = found.unwrap_or_else(english);
        let common = sentences("common", written.tag()).unwrap_or(&EMPTY);
        Self { asked: lang.clone(), lang: written, own, common }
    }

    /// The language these words are in.
    pub fn lang(&self) -> &Lang {
        &self.lang
    }

    /// The sentence that tells a reader why the letter is not in the language asked for.
    pub(crate) fn fallback_note(&self) -> Option<String> {
        (self.asked != self.lang).then(|| self.fill("fallback", &[("asked", self.asked.tag())]))
    }

    /// The sentence named `key`. A name that no file has shows itself, so that a reader of the letter can report it.
    pub fn say(&self, key: &str) -> String {
        self.find(key).unwrap_or_else(|| format!("[{key}]"))
    }

    /// The sentence named `key`, where there is one: for words that the data name and no file can promise.
    pub fn find(&self, key: &str) -> Option<String> {
        self.own.get(key).or_else(|| self.common.get(key)).cloned()
    }

    /// The sentence named `key` with its `{names}` replaced, once: braces inside a value stay as they are.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(&self.say(key), values)
    }

    /// A day and a minute in words, UTC.
    pub(crate) fn instant(&self, instant: Instant) -> String {
        let zoned = instant.to_zoned(jiff::tz::TimeZone::UTC);
        let time = format!("{:02}:{:02}", zoned.hour(), zoned.minute());
        self.fill("instant", &[("date", &self.date(zoned.date())), ("time", &time)])
    }

    /// A day in words.
    pub fn date(&self, date: Date) -> String {
        let months = self.say("months");
        let at = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
        let month = months.split(' ').nth(at).unwrap_or_default();
        let day = if date.day() == 1 { self.say("first_day") } else { date.day().to_string() };
        self.fill("date", &[("day", &day), ("month", month), ("year", &date.year().to_string())])
    }

    /// A period in words.
    ///
    /// Whole days read as days, the last one included, as people count them.
    pub(crate) fn period(&self, period: &Period) -> String {
        if let Some((first, last)) = whole_days(period) {
            let (first_day, last_day) = (self.date(first), self.date(last));
            if first == last {
                return self.fill("period.day", &[("day", &first_day)]);
            }
            return self.fill("period.days", &[("first", &first_day), ("last", &last_day)]);
        }
        let from = period.from().map(|from| self.instant(from));
        let until = period.until().map(|until| self.instant(until));
        match (from, until) {
            (Some(from), Some(until)) => {
                self.fill("period.both", &[("from", &from), ("until", &until)])
            }
            (Some(from), None) => self.fill("period.from", &[("from", &from)]),
            (None, Some(until)) => self.fill("period.until", &[("until", &until)]),
            (None, None) => self.say("period.all"),
        }
    }

    /// A number with its thousands set apart.
    pub(crate) fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mark = self.say("thousands");
        let mut out = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push_str(&mark);
            }
            out.push(digit);
        }
        out
    }
}

/// The first and last day of a period that begins and ends at midnight, UTC.
fn whole_days(period: &Period) -> Option<(Date, Date)> {
    let midnight = |instant: Instant| {
        let at = instant.to_zoned(jiff::tz::TimeZone::UTC);
        (at.time() == jiff::civil::Time::midnight()).then(|| at.date())
    };
    let first = midnight(period.from()?)?;
    let last = midnight(period.until()?)?.yesterday().ok()?;
    Some((first, last))
}

fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let named = after.split_once('}').and_then(|(name, tail)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, tail))
        });
        match named {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Nested tables as dotted names.
fn flat(table: toml::Table) -> Sentences {
    let mut out = Sentences::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                out.extend(
                    flat(inner).into_iter().map(|(name, text)| (format!("{key}.{name}"), text)),
                );
            }
            toml::Value::String(text) => {
                out.insert(key, text);
            }
            other => {
                out.insert(key, other.to_string());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(sentence: &str) -> BTreeSet<&str> {
        sentence
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn every_wording_file_parses() {
        for (letter, lang, text) in FILES {
            assert!(toml::from_str::<toml::Table>(text).is_ok(), "{letter}.{lang}.toml");
        }
    }

    #[test]
    fn every_translation_has_the_sentences_and_names_of_the_english() {
        for (letter, lang, _) in FILES.iter().filter(|(_, lang, _)| *lang != "en") {
            let english = sentences(letter, "en").unwrap();
            let other = sentences(letter, lang).unwrap();
            let keys = |table: &Sentences| table.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(keys(english), keys(other), "{letter}.{lang}.toml");
            for (key, sentence) in english {
                assert_eq!(names(sentence), names(&other[key]), "{letter}.{lang}.toml: {key}");
            }
        }
    }

    #[test]
    fn braces_in_a_value_are_not_filled_again() {
        let values = [("a", "{b}"), ("b", "secret")];
        assert_eq!(fill("{a} and {b}, {c} {", &values), "{b} and secret, {c} {");
    }

    #[test]
    fn a_tag_that_is_none_is_english_and_a_region_is_dropped() {
        assert_eq!(Lang::from_tag("fr-BE"), Lang::fr());
        assert_eq!(Lang::from_tag("<script>"), Lang::en());
        assert_eq!(Lang::from_tag(""), Lang::en());
    }

    #[test]
    fn numbers_and_days_follow_the_language() {
        let english = Words::of("answer", &Lang::en());
        let french = Words::of("answer", &Lang::fr());
        let first: Instant = "2026-08-01T09:05:00Z".parse().unwrap();
        assert_eq!(english.number(1_234_567), "1,234,567");
        assert_eq!(french.number(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(english.instant(first), "1 August 2026, 09:05 UTC");
        assert_eq!(french.instant(first), "1er août 2026 à 09:05 UTC");
    }

    #[test]
    fn a_period_of_whole_days_names_its_last_day_and_another_its_instants() {
        let words = Words::of("answer", &Lang::en());
        let period = |from: &str, until: &str| {
            let period =
                Period::new(Some(from.parse().unwrap()), Some(until.parse().unwrap())).unwrap();
            words.period(&period)
        };
        assert_eq!(
            period("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            "from 1 March 2026 to 31 March 2026 (UTC)"
        );
        assert_eq!(period("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"), "on 1 March 2026 (UTC)");
        assert_eq!(
            period("2026-03-01T00:00:00Z", "2026-03-02T01:30:00Z"),
            "from 1 March 2026, 00:00 UTC until 2 March 2026, 01:30 UTC"
        );
    }
}
