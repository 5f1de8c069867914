//! How an instrument counts: in which section and under which name of each published format.

use serde::Deserialize;
use std::collections::BTreeMap;
use writ_lawbook::{Instrument, Lawbook};
use writ_vocabulary::{Category, ElementId, InstrumentId, Purpose};

/// The table beside the law book.
const TABLE: &str = include_str!("../data/counting.toml");

/// How every instrument counts: the law book's rows, and the table of what they do not say.
#[derive(Debug, Clone)]
pub struct Counting {
    classes: BTreeMap<InstrumentId, Class>,
    /// The category of each element under each instrument's law.
    categories: BTreeMap<InstrumentId, BTreeMap<ElementId, Category>>,
    /// The words that make an unknown instrument one of national security.
    withheld_words: Vec<String>,
}

/// How one instrument counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its title; the id where the law book does not have it.
    pub title: String,
    /// Its section.
    pub section: Section,
    /// What it orders.
    pub act: Act,
    /// Whether it compels nothing: the provider may give or not.
    pub voluntary: bool,
    /// Google's legal process.
    pub google: String,
    /// Its category of illegal content in the template of Implementing Regulation (EU) 2024/2835.
    pub dsa: String,
    /// Which certificate of Regulation (EU) 2023/1543 it is.
    pub e_evidence: Option<EEvidence>,
    /// Whether it is a removal order under Regulation (EU) 2021/784.
    pub tco: bool,
    /// Its line in the reports of 50 U.S.C. 1874.
    pub band: Option<BandLine>,
}

/// The section of a report. Every case is in exactly one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Criminal investigations.
    Criminal,
    /// Under an instrument that exists in an emergency only.
    Emergency,
    /// Civil and administrative matters.
    Civil,
    /// Orders to remove content or to disable access to it.
    Removal,
    /// National security: published in bands only.
    NationalSecurity,
    /// The instrument is in neither the law book nor the table.
    Unclassified,
}

impl Section {
    /// All of them, in reading order.
    pub const ALL: [Self; 6] = [
        Self::Criminal,
        Self::Emergency,
        Self::Civil,
        Self::Removal,
        Self::NationalSecurity,
        Self::Unclassified,
    ];

    /// The word used in published files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Criminal => "criminal",
            Self::Emergency => "emergencies",
            Self::Civil => "civil",
            Self::Removal => "removal",
            Self::NationalSecurity => "national_security",
            Self::Unclassified => "unclassified",
        }
    }

    /// The heading used on a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Criminal => "Criminal investigations",
            Self::Emergency => "Emergencies",
            Self::Civil => "Civil and administrative",
            Self::Removal => "Removal orders",
            Self::NationalSecurity => "National security",
            Self::Unclassified => "Unclassified",
        }
    }
}

/// What an instrument orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// To give data.
    Disclose,
    /// To keep data.
    Preserve,
    /// To remove content.
    Remove,
}

/// A certificate of Regulation (EU) 2023/1543.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EEvidence {
    /// A European Production Order Certificate (EPOC).
    Production,
    /// A European Preservation Order Certificate (EPOC-PR).
    Preservation,
}

/// A line of the reports of 50 U.S.C. 1874(a)(1) and (2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BandLine {
    /// National security letters.
    Letters,
    /// Orders and directives for contents.
    Content,
    /// Orders for noncontents.
    NonContent,
}

/// The table beside the law book cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the table of how instruments count cannot be read: {0}")]
pub struct CountingError(#[from] toml::de::Error);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    withheld_words: Vec<String>,
    instrument: BTreeMap<InstrumentId, Entry>,
}

/// What the law book does not say of an instrument.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    section: Option<Section>,
    google: Option<String>,
    dsa: Option<String>,
    e_evidence: Option<EEvidence>,
    #[serde(default)]
    tco: bool,
    band: Option<BandLine>,
}

impl Counting {
    /// How the instruments of `lawbook` count.
    ///
    /// # Errors
    /// [`CountingError`] where the crate's own table is not well-formed.
    pub fn of(lawbook: &Lawbook) -> Result<Self, CountingError> {
        let Table { withheld_words, instrument: mut entries } = toml::from_str(TABLE)?;
        let (mut classes, mut categories) = (BTreeMap::new(), BTreeMap::new());
        // In order of date, so that the newest row of an instrument stands.
        for row in lawbook.instruments() {
            let entry = entries.get(row.id());
            classes.insert(row.id().clone(), Class::of(row, entry));
            let of_row = row.reach.iter();
            let of_row = of_row.filter_map(|(id, reach)| Some((id.clone(), reach.category?)));
            categories.insert(row.id().clone(), of_row.collect());
        }
        entries.retain(|id, _| !classes.contains_key(id));
        for (id, entry) in entries {
            classes.insert(id.clone(), Class::beside(&id, entry));
        }
        Ok(Self { classes, categories, withheld_words })
    }

    /// How `instrument` counts; one that nobody knows is [`Section::Unclassified`], or withheld where its name speaks of
    /// national security.
    pub fn class(&self, instrument: &InstrumentId) -> Class {
        self.classes.get(instrument).cloned().unwrap_or_else(|| {
            let id = format!("-{}-", instrument.as_str().replace('/', "-"));
            let withheld = self.withheld_words.iter().any(|word| id.contains(&format!("-{word}-")));
            let section = if withheld { Section::NationalSecurity } else { Section::Unclassified };
            Class::beside(instrument, Entry { section: Some(section), ..Entry::default() })
        })
    }

    /// The category of an element under the law of `instrument`, where the law book has its row.
    pub fn category(&self, instrument: &InstrumentId, element: &ElementId) -> Option<Category> {
        self.categories.get(instrument)?.get(element).copied()
    }
}

impl Class {
    fn of(row: &Instrument, entry: Option<&Entry>) -> Self {
        let none = Entry::default();
        let entry = entry.unwrap_or(&none);
        let act = act(&row.summary.purposes);
        let section = match &row.emergency {
            _ if row.summary.national_security => Section::NationalSecurity,
            _ if act == Act::Remove => Section::Removal,
            Some(emergency) if emergency.required => Section::Emergency,
            _ => entry.section.unwrap_or(Section::Criminal),
        };
        Self {
            title: row.summary.title.clone(),
            section,
            act,
            voluntary: row.voluntary,
            google: entry.google.clone().unwrap_or_else(|| google(section, act)),
            dsa: entry.dsa.clone().unwrap_or_else(|| NOT_SPECIFIED.to_owned()),
            e_evidence: entry.e_evidence,
            tco: entry.tco,
            band: entry.band,
        }
    }

    /// A class without a row of the law book.
    fn beside(id: &InstrumentId, entry: Entry) -> Self {
        let section = entry.section.unwrap_or(Section::Unclassified);
        Self {
            title: id.to_string(),
            section,
            act: if section == Section::Removal { Act::Remove } else { Act::Disclose },
            voluntary: false,
            google: entry.google.unwrap_or_else(|| google(section, Act::Disclose)),
            dsa: entry.dsa.unwrap_or_else(|| NOT_SPECIFIED.to_owned()),
            e_evidence: entry.e_evidence,
            tco: entry.tco,
            band: entry.band,
        }
    }
}

/// The template's own word for an order that names no kind of illegal content.
const NOT_SPECIFIED: &str = "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER";

fn act(purposes: &[Purpose]) -> Act {
    match purposes {
        _ if purposes.contains(&Purpose::Remove) => Act::Remove,
        _ if purposes.contains(&Purpose::Disclose) => Act::Disclose,
        _ if purposes.contains(&Purpose::Preserve) => Act::Preserve,
        _ => Act::Disclose,
    }
}

/// Google's process for an instrument that the table does not name.
fn google(section: Section, act: Act) -> String {
    let process = match (section, act) {
        (Section::Unclassified, _) => "unclassified",
        (Section::Emergency, _) => "Emergency Disclosure Requests",
        (_, Act::Preserve) => "Preservation Requests",
        _ => "Other Legal Requests",
    };
    process.to_owned()
}
