//! Following a feed: what is the same for every protocol. Checkpoints, labels, and partners that page without end.

use crate::checkpoint::Round;
use crate::config::Given;
use crate::gather::{Gathered, MAX_RECORDS};
use crate::{Change, Checkpoint, ConfigError, Feedback, FetchError, Held, Http, Page, Partner};
use async_trait::async_trait;
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use writ_hashbank::{Label, MAX_LABELS};
use writ_vocabulary::Instant;

/// The most pages of one round: until the partner says that there is no more.
pub const MAX_PAGES: u32 = 100_000;
/// How long a page within a round may be gone on from, in hours; after that the round is read again from its start.
const ROUND_HOURS: i64 = 12;
/// The most pages in a row with nothing in them while the partner says that there is more.
const MAX_EMPTY: u32 = 20;

/// One protocol: how a page of it is asked for and read.
#[async_trait]
pub(crate) trait Source: Send + Sync {
    /// A place in the feed.
    type Position: Serialize + DeserializeOwned + PartialEq + Send + Sync;

    /// How many days after a checkpoint was made the partner may have forgotten what is gone since.
    const STALE_AFTER: Option<i64> = None;

    /// Where requests go, for errors: `GET https://partner.example/v1`.
    fn at(&self) -> String;

    /// The page at a place.
    async fn page(&self, from: From<Self::Position>) -> Result<Read<Self::Position>, FetchError>;

    /// Sends verdicts back.
    async fn feedback(&self, _feedback: &[Feedback]) -> Result<(), FetchError>;
}

/// From where to read.
pub(crate) struct From<P> {
    /// The place; none from the start.
    pub position: Option<P>,
    /// How long ago the place was given.
    pub age: SignedDuration,
    /// Now.
    pub now: Instant,
}

impl<P> From<P> {
    /// Whether a page within a round may still be gone on from.
    pub fn in_time(&self) -> bool {
        self.age.as_hours() < ROUND_HOURS
    }
}

/// A page as read.
pub(crate) struct Read<P> {
    pub gathered: Gathered,
    pub next: P,
    pub then: Then,
    pub whole: bool,
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing more now.
    Done,
    /// The partner says that there is more.
    More,
    /// The partner has told all that was asked, and we go on to ask the next.
    Ask,
}

/// A partner by its protocol.
pub(crate) struct Follower<S> {
    source: S,
    protocol: &'static str,
    of: String,
    labels: Vec<Label>,
    tags: BTreeMap<String, Label>,
    http: Http,
}

impl<S: Source + 'static> Follower<S> {
    pub fn over(source: S, given: &Given<'_>) -> Result<Box<dyn Partner>, ConfigError> {
        let label = |field: &str, text: &str| {
            text.parse::<Label>().map_err(|error| ConfigError::wrong(field, error.to_string()))
        };
        let labels = given.list("labels")?;
        let tags = given.table("tags")?;
        let of = given.digest(&source.at());
        Ok(Box::new(Self {
            source,
            protocol: given.protocol.name,
            of,
            labels: labels.iter().map(|text| label("labels", text)).collect::<Result<_, _>>()?,
            tags: tags
                .into_iter()
                .map(|(tag, text)| Ok((tag, label("tags", &text)?)))
                .collect::<Result<_, ConfigError>>()?,
            http: given.http.clone(),
        }))
    }

    /// The place that `since` holds, unless it cannot be gone on from.
    fn place(
        &self,
        since: Option<&Checkpoint>,
        now: Instant,
    ) -> Result<From<S::Position>, FetchError> {
        let stale = |why: String| Err(FetchError::Stale { why });
        let Some(since) = since else {
            return Ok(From { position: None, age: SignedDuration::ZERO, now });
        };
        if since.protocol() != self.protocol {
            return stale(format!(
                "it was made by `{}`, this is `{}`",
                since.protocol(),
                self.protocol
            ));
        }
        if !since.is_of(&self.of) {
            return stale("the exchange's settings have changed since it was made".to_owned());
        }
        let age = now.duration_since(since.made());
        if let Some(days) = S::STALE_AFTER
            && age > SignedDuration::from_hours(24 * days)
        {
            return stale(format!(
                "it is {} days old, and the partner tells what is gone for {days} days only",
                age.as_hours() / 24
            ));
        }
        match serde_json::from_value(since.position.clone()) {
            Ok(position) => Ok(From { position: Some(position), age, now }),
            Err(_) => stale("it is not of the form that this program writes".to_owned()),
        }
    }

    /// Adds the labels of the feed, and those that tags stand for.
    fn label(&self, held: &mut Held) {
        let said = held.opinions.iter().flat_map(|said| &said.tags);
        let meant = said.filter_map(|tag| self.tags.get(tag));
        let mut labels: Vec<Label> = Vec::new();
        for label in held.labels.iter().chain(&self.labels).chain(meant) {
            if !labels.contains(label) && labels.len() < MAX_LABELS {
                labels.push(label.clone());
            }
        }
        held.labels = labels;
    }
}

#[async_trait]
impl<S: Source + 'static> Partner for Follower<S> {
    async fn fetch(&self, since: Option<&Checkpoint>) -> Result<Page, FetchError> {
        let now = self.http.now();
        let from = self.place(since, now)?;
        // A round that is read again brings what it brought before, and that is no circle.
        let round = since.filter(|_| from.in_time());
        let Read { mut gathered, next, then, whole } = self.source.page(from).await?;
        if gathered.close() {
            let most = MAX_RECORDS as u64;
            return Err(FetchError::TooLarge { at: self.source.at(), most, unit: "records" });
        }
        let next = serde_json::to_value(next)
            .map_err(|error| FetchError::answer(&self.source.at(), error.to_string()))?;
        let round = match then {
            Then::Done | Then::Ask => None,
            Then::More => {
                if round.is_some_and(|since| since.position == next) {
                    return Err(circles(&self.source.at(), "it says to go on from where we were"));
                }
                let round = round.and_then(|since| since.round.clone()).unwrap_or_default();
                Some(onward(round, gathered.digest(), &self.source.at())?)
            }
        };
        for record in &mut gathered.records {
            if let Change::Held(held) = &mut record.change {
                self.label(held);
            }
        }
        Ok(Page {
            records: gathered.records,
            malformed: gathered.malformed,
            skipped: gathered.skipped,
            whole,
            next: Checkpoint::new(self.protocol, now, &self.of, round, next),
            more: then != Then::Done,
        })
    }

    async fn feedback(&self, feedback: &[Feedback]) -> Result<(), FetchError> {
        if feedback.is_empty() { Ok(()) } else { self.source.feedback(feedback).await }
    }
}

/// The round with one more page in it, unless it goes in circles or for ever.
fn onward(mut round: Round, page: Option<String>, at: &str) -> Result<Round, FetchError> {
    round.pages = round.pages.saturating_add(1);
    if round.pages > MAX_PAGES {
        return Err(circles(at, &format!("it has not ended after {MAX_PAGES} pages")));
    }
    let Some(page) = page else {
        round.empty = round.empty.saturating_add(1);
        let over = round.empty > MAX_EMPTY;
        let what = format!("{} pages in a row had nothing in them", round.empty);
        return if over { Err(circles(at, &what)) } else { Ok(round) };
    };
    if page == round.mark {
        return Err(circles(at, "a page came again that had come before"));
    }
    round.empty = 0;
    round.since = round.since.saturating_add(1);
    if round.since > round.lap {
        round.mark = page;
        round.since = 0;
        round.lap = round.lap.saturating_mul(2).max(1);
    }
    Ok(round)
}

fn circles(at: &str, what: &str) -> FetchError {
    FetchError::answer(at, format!("it says that there is more, but {what}"))
}

/// What is wrong where a page of `given` records says that it has `said`. A count above is right where it counts all
/// pages, so that only a page that stands alone must say its own.
pub(crate) fn miscounted(said: u64, given: usize, alone: bool) -> Option<String> {
    let given = given as u64;
    (said < given || (alone && said > given))
        .then(|| format!("it says that it gives {said} records and gives {given}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walked(pages: impl IntoIterator<Item = String>) -> Result<u32, FetchError> {
        let mut round = Round::default();
        for page in pages {
            round = onward(round, Some(page), "GET https://partner.example/")?;
        }
        Ok(round.pages)
    }

    proptest! {
        #[test]
        fn a_circle_of_pages_is_met_within_a_few_times_its_length(before in 0u32..200, length in 1u32..200) {
            let page = |n: u32| if n < before { n } else { before + (n - before) % length };
            let bound = 4 * (before + length) + 4;
            prop_assert!(walked((0..bound).map(|n| page(n).to_string())).is_err());
        }

        #[test]
        fn pages_that_all_differ_are_never_a_circle(pages in 1u32..2_000) {
            prop_assert_eq!(walked((0..pages).map(|n| n.to_string())).unwrap(), pages);
        }
    }

    #[test]
    fn a_feed_that_never_ends_is_left() {
        let round = Round { pages: MAX_PAGES, ..Round::default() };
        let error = onward(round, Some("new".into()), "GET https://partner.example/").unwrap_err();
        assert!(error.to_string().contains("it has not ended after 100000 pages"), "{error}");
    }

    #[test]
    fn a_few_empty_pages_are_borne_and_many_are_not() {
        let mut round = Round::default();
        for _ in 0..MAX_EMPTY {
            round = onward(round, None, "GET https://partner.example/").unwrap();
        }
        assert!(onward(round, None, "GET https://partner.example/").is_err());
    }
}
