//! The taxonomy: which labels there are, as versioned data.

use crate::Label;
use crate::name::is_word;
use serde::{Deserialize, Serialize};

/// The most axes, and the most labels of one axis.
const MAX_AXES: usize = 32;
const MAX_LABELS: usize = 1_000;

/// The axis of the labels that open incidents bring; never written in a taxonomy.
pub const INCIDENT_AXIS: &str = "incident";

/// A version of the taxonomy. The shipped one is `taxonomy/labels.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// The version of this form: `writ-taxonomy/1`.
    pub format: TaxonomyForm,
    /// Grows with every change.
    pub version: u32,
    /// The axes.
    pub axis: Vec<Axis>,
}

/// The mark of this version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaxonomyForm {
    /// The first version.
    #[serde(rename = "writ-taxonomy/1")]
    One,
}

/// One question that labels answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The part of a label before the `/`.
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether one entry may carry several labels of this axis.
    pub many: bool,
    /// The labels.
    pub labels: Vec<AxisLabel>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisLabel {
    /// The part of a label after the `/`.
    pub name: String,
    /// For people.
    pub title: String,
    /// The version since which it is no longer given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<u32>,
}

/// A taxonomy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the taxonomy cannot be used: {0}")]
pub struct TaxonomyError(pub String);

/// A label that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No such label.
    #[error("`{label}` is not in version {version} of the taxonomy{near}")]
    Unknown {
        /// The label.
        label: Label,
        /// The version in force.
        version: u32,
        /// What there is on that axis, or nothing.
        near: String,
    },
    /// No longer given.
    #[error("`{label}` is not given since version {since} of the taxonomy; choose another")]
    Retired {
        /// The label.
        label: Label,
        /// Since when.
        since: u32,
    },
    /// Two of an axis that has one.
    #[error("`{first}` and `{second}` exclude each other: give one")]
    Exclusive {
        /// The one.
        first: Label,
        /// The other.
        second: Label,
    },
}

impl Taxonomy {
    /// Reads a taxonomy from TOML.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, TaxonomyError> {
        let taxonomy: Self =
            toml::from_str(text).map_err(|error| TaxonomyError(error.to_string()))?;
        taxonomy.check().map(|()| taxonomy)
    }

    pub(crate) fn check(&self) -> Result<(), TaxonomyError> {
        let fault = |words: String| Err(TaxonomyError(words));
        if self.axis.len() > MAX_AXES {
            return fault(format!("it has {} axes; at most {MAX_AXES}", self.axis.len()));
        }
        let mut axes = std::collections::BTreeSet::new();
        for axis in &self.axis {
            if !is_word(&axis.name) || axis.name == INCIDENT_AXIS || !axes.insert(&axis.name) {
                return fault(format!(
                    "the axis `{}` is named twice, or not in lower-case words joined by `-`, or `incident`, which is kept for open incidents",
                    axis.name
                ));
            }
            let mut names = std::collections::BTreeSet::new();
            let bad = axis.labels.iter().find(|l| !is_word(&l.name) || !names.insert(&l.name));
            if let Some(bad) = bad {
                return fault(format!(
                    "`{}/{}` is given twice, or not in lower-case words joined by `-`",
                    axis.name, bad.name
                ));
            }
            if axis.labels.len() > MAX_LABELS {
                return fault(format!(
                    "the axis `{}` has more than {MAX_LABELS} labels",
                    axis.name
                ));
            }
        }
        Ok(())
    }

    /// Whether these labels may be given now, together.
    ///
    /// # Errors
    /// The first label that may not, and why.
    pub fn admit(&self, labels: &[Label]) -> Result<(), LabelError> {
        for (number, label) in labels.iter().enumerate() {
            let Some(axis) = self.axis.iter().find(|axis| axis.name == label.axis()) else {
                return Err(self.unknown(label, None));
            };
            match axis.labels.iter().find(|known| known.name == label.word()) {
                None => return Err(self.unknown(label, Some(axis))),
                Some(AxisLabel { retired: Some(since), .. }) => {
                    return Err(LabelError::Retired { label: label.clone(), since: *since });
                }
                Some(_) => {}
            }
            let same = labels.iter().take(number).find(|o| o.axis() == label.axis() && *o != label);
            if let Some(first) = same.filter(|_| !axis.many) {
                return Err(LabelError::Exclusive { first: first.clone(), second: label.clone() });
            }
        }
        Ok(())
    }

    fn unknown(&self, label: &Label, axis: Option<&Axis>) -> LabelError {
        let names: Vec<&str> = match axis {
            Some(axis) => axis.labels.iter().take(12).map(|label| label.name.as_str()).collect(),
            None => self.axis.iter().map(|axis| axis.name.as_str()).collect(),
        };
        let what = if axis.is_some() { "this axis has" } else { "the axes are" };
        LabelError::Unknown {
            label: label.clone(),
            version: self.version,
            near: format!("; {what} {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Taxonomy {
        Taxonomy::parse(include_str!("../../../taxonomy/labels.toml")).unwrap()
    }

    fn labels(names: &[&str]) -> Vec<Label> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn the_shipped_taxonomy_admits_its_labels_and_tells_what_there_is() {
        let given = labels(&["behaviour/recruitment-and-instruction", "media/video"]);
        assert_eq!(shipped().admit(&given), Ok(()));
        let said = |names: &[&str]| shipped().admit(&labels(names)).unwrap_err().to_string();
        assert_eq!(
            said(&["media/radio"]),
            "`media/radio` is not in version 1 of the taxonomy; this axis has image, video, frame, audio, document, text"
        );
        assert!(said(&["colour/red"]).contains("the axes are entity-list, behaviour"));
        assert_eq!(
            said(&["media/image", "media/video"]),
            "`media/image` and `media/video` exclude each other: give one"
        );
    }

    #[test]
    fn a_retired_label_is_no_longer_given() {
        let mut taxonomy = shipped();
        taxonomy.axis[0].labels[0].retired = Some(2);
        let error = taxonomy.admit(&labels(&["entity-list/un-consolidated"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`entity-list/un-consolidated` is not given since version 2 of the taxonomy; choose another"
        );
    }

    #[test]
    fn unknown_fields_and_versions_are_refused() {
        let text = include_str!("../../../taxonomy/labels.toml");
        assert!(Taxonomy::parse(&text.replace("many = true", "many = true\nfew = 1")).is_err());
        assert!(Taxonomy::parse(&text.replace("writ-taxonomy/1", "writ-taxonomy/2")).is_err());
        assert!(Taxonomy::parse(&text.replace("\"media\"", "\"incident\"")).is_err());
    }
}
