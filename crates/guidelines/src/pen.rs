//! The pen: what every section needs of the subject, and the small phrases that several of them share.

use crate::Subject;
use jiff::civil::Date;
use std::collections::BTreeMap;
use writ_lawbook::{ClockRow, ClockStart, Confidence, Instrument, Length, NoticeWord};
use writ_letters::{Lang, Line, Run, Words};
use writ_vocabulary::{AuthorityClass, Category, Danger, Jurisdiction, Purpose, SignOff};

/// Writes about one subject in one language.
pub(crate) struct Pen<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) words: Words,
    /// The language of the books, where the page is in another.
    pub(crate) law: Option<Lang>,
    /// What counsel had signed off by the day.
    signed: Vec<SignOff>,
}

/// Why a person decides every demand under an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Its law is disputed or changing.
    Uncertain,
    /// Its law permits help and compels none.
    Permitted,
    /// It was written from memory and counsel has not signed it off.
    Unsigned,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(subject: Subject<'a>, lang: &Lang) -> Self {
        let words = Words::of("guidelines", lang);
        let law = (*words.lang() != Lang::en()).then(Lang::en);
        let by_then = |entry: &&SignOff| entry.on <= subject.on;
        let signed = subject.sign_offs.iter().filter(by_then).cloned().collect();
        Self { subject, words, law, signed }
    }

    pub(crate) fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// Text of the books, in their own language.
    pub(crate) fn text(&self, text: &str) -> Run {
        Run::plain(text.trim()).lang(self.law.clone())
    }

    /// A sentence of the books and the law behind it.
    pub(crate) fn cited(&self, text: &str, cite: &str) -> Line {
        vec![self.text(text), self.cite(cite)]
    }

    /// The law behind what stands before it.
    pub(crate) fn cite(&self, cite: &str) -> Run {
        Run::quiet(format!(" · {}", cite.trim())).lang(self.law.clone())
    }

    /// The rows that are law on the day, or will be.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a Instrument> {
        let on = self.subject.on;
        self.subject.lawbook.instruments().filter(move |row| row.valid_to.is_none_or(|to| on <= to))
    }

    /// The same by state, in order of its code.
    pub(crate) fn rows_by_state(&self) -> BTreeMap<Jurisdiction, Vec<&'a Instrument>> {
        let mut states: BTreeMap<Jurisdiction, Vec<&Instrument>> = BTreeMap::new();
        for row in self.rows() {
            states.entry(row.summary.jurisdiction).or_default().push(row);
        }
        states
    }

    /// A link to an instrument's own section.
    pub(crate) fn link(&self, row: &Instrument) -> Run {
        self.text(&row.summary.title).leading_to(self.anchor(row))
    }

    /// The same, with a mark where a person decides every demand under it.
    pub(crate) fn named(&self, row: &Instrument) -> Line {
        let mut name = vec![self.link(row)];
        if self.doubt(row).is_some() {
            name.extend([Run::plain(" "), Run::mark(self.say("person"))]);
        }
        name
    }

    /// What links to an instrument point at. A second row of the same instrument bears its first day.
    pub(crate) fn anchor(&self, row: &Instrument) -> String {
        let id = row.id().as_str().replace('/', "-");
        match self.rows().find(|other| other.id() == row.id()) {
            Some(first) if first.valid_from != row.valid_from => format!("{id}-{}", row.valid_from),
            _ => id,
        }
    }

    /// Why a person decides every demand under `row`, if one does.
    pub(crate) fn doubt(&self, row: &Instrument) -> Option<Doubt> {
        match row.summary.confidence {
            Confidence::Uncertain => Some(Doubt::Uncertain),
            Confidence::Memory | Confidence::Read if row.permits => Some(Doubt::Permitted),
            Confidence::Memory | Confidence::Read => {
                row.awaits_sign_off(&self.signed).then_some(Doubt::Unsigned)
            }
        }
    }

    /// When counsel signed `row` off.
    pub(crate) fn signed(&self, row: &Instrument) -> Option<Date> {
        row.signed_off(&self.signed).map(|entry| entry.on)
    }

    /// The name of a state; its code where the wording has none.
    pub(crate) fn state(&self, state: &Jurisdiction) -> String {
        self.words.find(&format!("state.{state}")).unwrap_or_else(|| state.to_string())
    }

    pub(crate) fn states(&self, states: &[Jurisdiction]) -> String {
        states.iter().map(|state| self.state(state)).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn category(&self, category: Category) -> String {
        self.say(&format!("category.{category}"))
    }

    pub(crate) fn confidence(&self, confidence: Confidence) -> String {
        self.say(match confidence {
            Confidence::Read => "confidence.read",
            Confidence::Memory => "confidence.memory",
            Confidence::Uncertain => "confidence.uncertain",
        })
    }

    pub(crate) fn dangers(&self, dangers: &[Danger]) -> String {
        let word = |danger: &Danger| match danger {
            Danger::Death => "danger.death",
            Danger::SeriousInjury => "danger.serious-injury",
            Danger::Safety => "danger.safety",
            Danger::CriticalInfrastructure => "danger.critical-infrastructure",
            Danger::Property => "danger.property",
            Danger::NotStated => "danger.not-stated",
        };
        dangers.iter().map(|danger| self.say(word(danger))).collect::<Vec<_>>().join(", ")
    }

    /// The names of classes of authorities, as the law book has them.
    pub(crate) fn classes(&self, classes: &[AuthorityClass]) -> String {
        let known = self.subject.lawbook.classes();
        let title = |class: &AuthorityClass| {
            known.get(class).map_or_else(|| class.to_string(), |class| class.title.clone())
        };
        classes.iter().map(title).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn counted(&self, number: u16, noun: &str) -> String {
        match number {
            1 => self.say(&format!("length.{noun}")),
            _ => self.words.fill(&format!("length.{noun}s"), &[("n", &number.to_string())]),
        }
    }

    pub(crate) fn length(&self, length: Length) -> String {
        match length {
            Length::Hours(n) => self.counted(n, "hour"),
            Length::Days(n) => self.counted(n, "day"),
            Length::WorkingDays(n) => self.counted(n, "working_day"),
            Length::Months(n) => self.counted(n, "month"),
        }
    }

    /// By when an answer is owed.
    pub(crate) fn answer(&self, row: &Instrument) -> String {
        let Some(clock) = &row.deadline else { return self.unhurried(row) };
        let ordinary = self.ordinary(clock);
        let emergency = clock.emergency.filter(|length| clock.length != Some(*length));
        let emergency = emergency.map(|length| self.length(length));
        match (ordinary, emergency) {
            (Some(time), Some(emergency)) => {
                let values = [("time", time.as_str()), ("emergency", &emergency)];
                self.words.fill("clock.emergency", &values)
            }
            (Some(time), None) => time,
            (None, Some(emergency)) => {
                self.words.fill("clock.only_emergency", &[("emergency", &emergency)])
            }
            (None, None) => self.say("clock.none"),
        }
    }

    /// What there is to say of time where the law names none for an answer.
    fn unhurried(&self, row: &Instrument) -> String {
        let keeps = row.summary.purposes == [Purpose::Preserve];
        match (keeps, &row.preservation) {
            (true, Some(kept)) => {
                let time = self.counted(kept.days, "day");
                self.words.fill("clock.kept_for", &[("time", &time)])
            }
            (true, None) => self.say("clock.kept"),
            (false, _) => self.say("clock.none"),
        }
    }

    fn ordinary(&self, clock: &ClockRow) -> Option<String> {
        match clock.from {
            ClockStart::Face => Some(self.say("clock.face")),
            from => Some(self.after(clock.length?, from)),
        }
    }

    /// A time, and what it runs from.
    pub(crate) fn after(&self, length: Length, from: ClockStart) -> String {
        let key = match from {
            ClockStart::Receipt => "clock.receipt",
            ClockStart::Order => "clock.order",
            ClockStart::Face => "clock.from_face",
            ClockStart::Clarification => "clock.clarification",
        };
        self.words.fill(key, &[("time", &self.length(length))])
    }

    /// Who tells the customer, and when.
    pub(crate) fn notice(&self, row: &Instrument) -> String {
        match (row.notice.rule, row.notice.emergency_days) {
            // The hour of a removal does not wait for a letter.
            (NoticeWord::ProviderBefore, _) if row.summary.purposes == [Purpose::Remove] => {
                self.say("notice.removed")
            }
            (NoticeWord::ProviderBefore, None) => self.say("notice.before"),
            (NoticeWord::ProviderBefore, Some(days)) => {
                let time = self.counted(days, "day");
                self.words.fill("notice.before_emergency", &[("time", &time)])
            }
            (NoticeWord::ByAuthority, _) => self.say("notice.by_authority"),
            (NoticeWord::Sealed, _) => self.say("notice.sealed"),
        }
    }
}
