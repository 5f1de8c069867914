//! Bands: the ranges in which national-security process may be published (50 USC 1874(a)).

use std::fmt;

use serde::{Deserialize, Serialize};

/// How wide the bands of a report are. The statute knows these four structures and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum Width {
    /// 50 USC 1874(a)(4): yearly, all process together, 0-99.
    Hundred,
    /// 50 USC 1874(a)(3): half-yearly, all process together, 0-249.
    TwoHundredFifty,
    /// 50 USC 1874(a)(2): half-yearly, by kind of process, 0-499.
    FiveHundred,
    /// 50 USC 1874(a)(1): half-yearly, by kind of process in finer lines, 0-999.
    Thousand,
}

/// A legal band: it starts at a multiple of its width and has exactly that width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Band {
    from: u32,
    width: Width,
}

/// Why a range is no band.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BandError {
    /// A width that the statute does not know.
    #[error("bands {0} wide are not among those of 50 USC 1874(a): 100, 250, 500 and 1000")]
    Width(u32),
    /// A range of another width, or one that starts between two bands.
    #[error(
        "`{from}-{to}` is no band of a report in bands {width} wide: `{right}` is the band that `{from}` lies in"
    )]
    Shape {
        /// Where the range starts.
        from: u32,
        /// Where it ends, inclusive.
        to: u32,
        /// The width of the report's bands.
        width: u32,
        /// The legal band around its start.
        right: Band,
    },
    /// No two numbers with a dash between.
    #[error("`{0}` is no range: write it as `500-999`")]
    Text(String),
    /// A count, or the end of its band, is 2^32 or more.
    #[error("a band around {0} ends beyond 4,294,967,295, which no period reaches")]
    TooLarge(u64),
}

impl Width {
    /// How many counts a band holds.
    pub fn counts(self) -> u32 {
        match self {
            Width::Hundred => 100,
            Width::TwoHundredFifty => 250,
            Width::FiveHundred => 500,
            Width::Thousand => 1000,
        }
    }
}

impl TryFrom<u32> for Width {
    type Error = BandError;

    fn try_from(counts: u32) -> Result<Width, BandError> {
        [Width::Hundred, Width::TwoHundredFifty, Width::FiveHundred, Width::Thousand]
            .into_iter()
            .find(|width| width.counts() == counts)
            .ok_or(BandError::Width(counts))
    }
}

impl From<Width> for u32 {
    fn from(width: Width) -> u32 {
        width.counts()
    }
}

impl Band {
    /// The band of `from` to `to`, both inclusive, in a report of this width.
    ///
    /// # Errors
    /// [`BandError::Shape`] for any other range, such as 24,000-24,999 in bands 500 wide.
    pub fn new(width: Width, from: u32, to: u32) -> Result<Band, BandError> {
        let right = Band::around(width, from.into())?;
        if right.from == from && right.to() == to {
            return Ok(right);
        }
        Err(BandError::Shape { from, to, width: width.counts(), right })
    }

    /// The band that `count` lies in.
    ///
    /// # Errors
    /// [`BandError::TooLarge`] where it would end at 2^32 or more.
    pub fn around(width: Width, count: u64) -> Result<Band, BandError> {
        let wide = u64::from(width.counts());
        let from = count.checked_rem(wide).map_or(count, |above| count.saturating_sub(above));
        match (u32::try_from(from), u32::try_from(from.saturating_add(wide).saturating_sub(1))) {
            (Ok(from), Ok(_)) => Ok(Band { from, width }),
            _ => Err(BandError::TooLarge(count)),
        }
    }

    /// Reads a band as reports print it: `0-499`, `24,000–24,499`.
    ///
    /// # Errors
    /// [`BandError`] where it is no range, or none of this width.
    pub fn parse(width: Width, text: &str) -> Result<Band, BandError> {
        let no_range = || BandError::Text(text.chars().take(80).collect());
        let number = |part: &str| -> Option<u32> {
            let digits: String = part.trim().chars().filter(|c| *c != ',').collect();
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let (from, to) = text.split_once(['-', '–']).ok_or_else(no_range)?;
        match (number(from), number(to)) {
            (Some(from), Some(to)) => Band::new(width, from, to),
            _ => Err(no_range()),
        }
    }

    /// The least count in the band.
    pub fn from(&self) -> u32 {
        self.from
    }

    /// The greatest count in the band.
    pub fn to(&self) -> u32 {
        self.from.saturating_add(self.width.counts()).saturating_sub(1)
    }

    /// Whether `count` lies in the band.
    pub fn contains(&self, count: u64) -> bool {
        (u64::from(self.from)..=u64::from(self.to())).contains(&count)
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to())
    }
}
