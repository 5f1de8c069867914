//! Median, percentile and mean of whole minutes.

/// How long things took, in minutes: how many, the middle one, the 90th percentile, the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Times {
    /// Of how many.
    pub count: u64,
    /// The middle one; of two middle ones, the minute between them, rounded down.
    pub median: u64,
    /// What nine in ten did not exceed.
    pub ninetieth: u64,
    /// The longest.
    pub longest: u64,
}

impl Times {
    /// The figures of these minutes; nothing where there are none.
    pub fn of(minutes: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut minutes: Vec<u64> = minutes.into_iter().collect();
        minutes.sort_unstable();
        Some(Self {
            count: u64::try_from(minutes.len()).ok()?,
            median: median(&minutes)?,
            ninetieth: percentile(&minutes, 90)?,
            longest: *minutes.last()?,
        })
    }
}

/// The median of sorted values; of two middle ones their mean, rounded down.
pub fn median(sorted: &[u64]) -> Option<u64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

/// The smallest of sorted values that at least `percent` in a hundred do not exceed (nearest rank).
pub fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent.min(100)).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// The mean, rounded to the nearest; nothing of nothing.
pub fn mean(values: &[u64]) -> Option<u64> {
    let count = u128::try_from(values.len()).ok().filter(|count| *count > 0)?;
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    u64::try_from((sum + count / 2) / count).ok()
}

/// `part` of `whole` in a hundred, rounded to the nearest; nothing of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<u64> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    u64::try_from((part * 100 + whole / 2).checked_div(whole)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_is_found_of_odd_and_even_many() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3, 5, 100]), Some(5));
        assert_eq!(median(&[3, 5, 8, 100]), Some(6));
    }

    #[test]
    fn nine_in_ten_do_not_exceed_the_ninetieth() {
        let minutes: Vec<u64> = (1..=10).collect();
        assert_eq!(percentile(&minutes, 90), Some(9));
        assert_eq!(percentile(&[7], 90), Some(7));
        assert_eq!(percentile(&[], 90), None);
    }

    #[test]
    fn shares_and_means_are_rounded_to_the_nearest() {
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(2, 3), Some(67));
        assert_eq!(percent(0, 0), None);
        assert_eq!(mean(&[1, 2]), Some(2));
        assert_eq!(mean(&[u64::MAX, u64::MAX]), Some(u64::MAX));
    }
}
