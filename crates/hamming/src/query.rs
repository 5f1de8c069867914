//! What is asked: a code, and how far from it each group may lie.

use crate::code::Code;

/// A number of bits that may differ, 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Radius(u8);

impl Radius {
    /// The widest that may be asked. A quarter of the bits: beyond it, answers mean nothing.
    pub const MAX: Self = Self(63);
    /// What the segments' tables are laid out for, and what PDQ matches are judged by (its reference documentation).
    pub const DEFAULT: Self = Self(31);

    /// A radius of `bits`.
    ///
    /// # Errors
    ///
    /// When `bits` is above 63.
    pub const fn new(bits: u8) -> Result<Self, RadiusError> {
        if bits > Self::MAX.0 { Err(RadiusError(bits)) } else { Ok(Self(bits)) }
    }

    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// A radius that cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a radius is 0 to 63 bits: `{0}` is too wide")]
pub struct RadiusError(u8);

/// How far a match may lie from the code asked, for each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    others: Option<Radius>,
    /// In order of group.
    groups: Vec<(u16, Option<Radius>)>,
}

impl Limits {
    /// The same for every group.
    #[must_use]
    pub const fn all(radius: Radius) -> Self {
        Self { others: Some(radius), groups: Vec::new() }
    }

    /// No group at all, until [`Limits::with`] names some.
    #[must_use]
    pub const fn none() -> Self {
        Self { others: None, groups: Vec::new() }
    }

    /// The same limits, with one of its own for this group.
    #[must_use]
    pub fn with(self, group: u16, radius: Radius) -> Self {
        self.set(group, Some(radius))
    }

    /// The same limits, with this group left out.
    #[must_use]
    pub fn without(self, group: u16) -> Self {
        self.set(group, None)
    }

    /// The limit for a group; `None` where it is left out.
    #[must_use]
    pub fn of(&self, group: u16) -> Option<Radius> {
        match self.groups.binary_search_by_key(&group, |(group, _)| *group) {
            Ok(at) => self.groups.get(at).and_then(|(_, radius)| *radius),
            Err(_) => self.others,
        }
    }

    /// The widest limit of any group; `None` where all are left out.
    #[must_use]
    pub fn widest(&self) -> Option<Radius> {
        self.groups.iter().filter_map(|(_, radius)| *radius).chain(self.others).max()
    }

    fn set(mut self, group: u16, radius: Option<Radius>) -> Self {
        match self.groups.binary_search_by_key(&group, |(group, _)| *group) {
            Ok(at) => {
                if let Some(line) = self.groups.get_mut(at) {
                    line.1 = radius;
                }
            }
            Err(at) => self.groups.insert(at, (group, radius)),
        }
        self
    }
}

/// One look-up.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The code whose neighbours are wanted.
    pub code: Code,
    /// How far they may lie.
    pub limits: &'a Limits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_named_has_its_own_limit_and_the_others_the_common_one() {
        let wide = Radius::new(40).unwrap();
        let limits = Limits::all(Radius::DEFAULT).with(3, wide).without(2);
        assert_eq!(
            [1, 2, 3].map(|group| limits.of(group)),
            [Some(Radius::DEFAULT), None, Some(wide)]
        );
        assert_eq!(limits.widest(), Some(wide));
        assert_eq!(limits.without(3).of(3), None);
        assert_eq!(Limits::none().widest(), None);
    }

    #[test]
    fn a_radius_above_63_is_refused() {
        assert!(Radius::new(63).is_ok());
        assert_eq!(
            Radius::new(64).unwrap_err().to_string(),
            "a radius is 0 to 63 bits: `64` is too wide"
        );
    }
}
