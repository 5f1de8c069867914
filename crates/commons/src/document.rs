//! Documents: each page a picture with a hash of its own, their words together one text; and what of it an entry holds.

use crate::lookup::Sample;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use writ_hashbank::MAX_SIGNALS;
use writ_media::{Decoder, Limits, MediaError, Page, Sheets, Still};
use writ_signals::{NoSignal, Pdq, SignalError, Spectrum, pdq};

/// What was read of a document.
pub(crate) struct Read {
    /// The words of its pages in order, one space between each two.
    pub words: String,
    /// Each page's hash with its quality, or why it has none.
    pages: Vec<Result<(Pdq, u8), String>>,
    /// Why there are no more pages, where that is not their end.
    rest: Option<String>,
}

impl Read {
    /// Reads a document's pages, and of its words at most so many bytes.
    ///
    /// # Errors
    /// Where not even the first page can be had.
    pub fn of(
        bytes: &[u8],
        decoder: &Decoder,
        limits: Limits,
        most: usize,
    ) -> Result<Self, MediaError> {
        let mut read = Self { words: String::new(), pages: Vec::new(), rest: None };
        let seen = decoder.pages(bytes, limits, Sheets::default(), |page| {
            read.turn(page, most);
            ControlFlow::Continue(())
        });
        read.rest = match seen {
            Err(error) if read.pages.is_empty() => return Err(error),
            Err(error) => Some(error.to_string()),
            Ok(seen) => (!seen.whole).then(|| "that many are hashed at most".to_owned()),
        };
        Ok(read)
    }

    fn turn(&mut self, page: Page, most: usize) {
        if !self.words.is_empty() && !page.words.is_empty() {
            self.words.push(' ');
        }
        self.words.push_str(&page.words);
        self.words.truncate(self.words.floor_char_boundary(most));
        self.pages.push(page.picture.and_then(|still| hash(&still)));
    }

    /// The pages' hashes.
    pub fn samples(&self) -> Result<Vec<Sample>, SignalError> {
        let hashed = self.pages.iter().zip(1..).filter_map(|(page, number)| {
            let (hash, quality) = page.as_ref().ok()?;
            Some((hash.to_string(), *quality, number))
        });
        let sample = |(text, quality, number): (String, u8, u32)| {
            let signal = pdq::TYPE.parse(&text)?;
            Ok(Sample { signal, quality: Some(quality), page: Some(number) })
        };
        hashed.map(sample).collect()
    }

    /// Which pages have no hash, and why: a line for each reason.
    pub fn without(&self) -> Vec<String> {
        let mut reasons: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (page, number) in self.pages.iter().zip(1..) {
            if let Err(why) = page {
                reasons.entry(why).or_default().push(number);
            }
        }
        let each = reasons.into_iter().map(|(why, pages)| format!("{}: {why}", numbered(&pages)));
        let rest = self.rest.iter().map(|why| format!("after page {}: {why}", self.pages.len()));
        each.chain(rest).collect()
    }
}

fn hash(still: &Still) -> Result<(Pdq, u8), String> {
    let spectrum = Spectrum::of(&still.picture().map_err(|error| error.to_string())?);
    let signal: Result<Pdq, NoSignal> = spectrum.signal();
    let hash = signal.map_err(|why| match why {
        // Without the number, so that pages alike are told together.
        NoSignal::TooFlat { .. } => format!("too little to see: quality below {}", pdq::ENOUGH),
        NoSignal::TooSmall => "too narrow to be hashed".to_owned(),
    })?;
    Ok((hash, spectrum.quality()))
}

/// What of a file's signals one entry of a bank holds, and which pages of a document are left out of it: those of less
/// than the bank's quality, and those for which there is no more room. Pages of one hash count once.
pub fn for_entry(mut samples: Vec<Sample>, quality: u8) -> (Vec<Sample>, Vec<u32>) {
    let others = samples.iter().filter(|sample| sample.page.is_none()).count();
    let (mut hashes, mut left_out) = (BTreeSet::new(), Vec::new());
    samples.retain(|sample| {
        let Some(page) = sample.page else { return true };
        let text = sample.signal.text();
        if hashes.contains(text) {
            return false;
        }
        if sample.quality < Some(quality) || others + hashes.len() >= MAX_SIGNALS {
            left_out.push(page);
            return false;
        }
        hashes.insert(text.to_owned())
    });
    (samples, left_out)
}

/// Pages in words: `page 3`, `pages 1, 3 to 5`. The numbers rise.
pub fn numbered(pages: &[u32]) -> String {
    let runs: Vec<String> = pages
        .chunk_by(|one, next| one + 1 == *next)
        .filter_map(|run| match run {
            [one] => Some(one.to_string()),
            [first, .., last] => Some(format!("{first} to {last}")),
            [] => None,
        })
        .collect();
    let word = if pages.len() == 1 { "page" } else { "pages" };
    format!("{word} {}", runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: u32, hash: u8, quality: u8) -> Sample {
        let signal = pdq::TYPE.parse(&format!("{hash:02x}").repeat(32)).unwrap();
        Sample { signal, quality: Some(quality), page: Some(number) }
    }

    #[test]
    fn pages_are_told_in_runs() {
        assert_eq!(numbered(&[7]), "page 7");
        assert_eq!(numbered(&[1, 3, 4, 5, 9]), "pages 1, 3 to 5, 9");
    }

    #[test]
    fn an_entry_holds_the_first_pages_that_are_good_enough_and_differ() {
        let digest = writ_signals::SignalType::named("photo_md5").unwrap();
        let digest = digest.parse(digest.examples[0]).unwrap();
        let mut samples: Vec<_> = (1..=40).map(|number| page(number, number as u8, 100)).collect();
        samples[1] = page(2, 1, 100);
        samples[4] = page(5, 5, 60);
        samples.push(Sample { signal: digest, quality: None, page: None });
        let (kept, left_out) = for_entry(samples, 80);
        assert_eq!(kept.len(), MAX_SIGNALS);
        let pages: Vec<_> = kept.iter().filter_map(|sample| sample.page).collect();
        assert_eq!(pages, [1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
        assert_eq!(numbered(&left_out), "pages 5, 18 to 40");
    }

    #[test]
    fn what_is_no_document_goes_into_an_entry_as_it_is() {
        let poor = Sample { page: None, ..page(1, 1, 10) };
        assert_eq!(for_entry(vec![poor.clone()], 80), (vec![poor], vec![]));
    }
}
