//! One instrument: what it is, who issues it, what it reaches, what it must state, how fast it is answered.

use crate::pen::{Doubt, Pen};
use crate::reach::Reach;
use writ_lawbook::{
    ContentOnlyTo, ControllerRule, EmergencyRow, FollowUpRow, Instrument, Issue, Silence,
};
use writ_letters::{FactRow, Line, Mark, Part, Run, Section};
use writ_vocabulary::{Category, ElementId, Jurisdiction, PauseCause, Purpose};

pub(crate) fn section(pen: &Pen<'_>, row: &Instrument) -> Section {
    let mut section = Section::new(pen.anchor(row), pen.text(&row.summary.title));
    section.in_contents = false;
    section.marks = marks(pen, row);
    section.parts.push(Part::paragraph(pen.text(&row.text)));
    match pen.doubt(row) {
        Some(Doubt::Uncertain) => section.parts.push(Part::note(pen.say("standing.uncertain"))),
        Some(Doubt::Permitted) => section.parts.push(Part::note(pen.say("standing.permitted"))),
        Some(Doubt::Unsigned) => section.parts.push(Part::note(pen.say("standing.unsigned"))),
        None => {}
    }
    section.parts.push(Part::Facts { rows: Facts { pen, row }.rows() });
    section
}

fn marks(pen: &Pen<'_>, row: &Instrument) -> Vec<Mark> {
    let mark = |text| Mark { text, strong: false };
    let mut marks = Vec::new();
    if pen.doubt(row).is_some() {
        marks.push(Mark { text: pen.say("person"), strong: true });
    }
    if row.valid_from > pen.subject.on {
        let date = pen.words.date(row.valid_from);
        marks.push(Mark { strong: true, ..mark(pen.words.fill("mark.from", &[("date", &date)])) });
    }
    if let Some(until) = row.valid_to {
        marks.push(mark(pen.words.fill("mark.until", &[("date", &pen.words.date(until))])));
    }
    if row.judge_level {
        marks.push(mark(pen.say("mark.judge")));
    }
    if row.voluntary || row.permits {
        marks.push(mark(pen.say("mark.voluntary")));
    }
    if row.summary.national_security {
        marks.push(mark(pen.say("mark.security")));
    }
    marks
}

/// The rows of facts about one instrument. Each method gives the lines of one; none of them: the row is left out.
struct Facts<'a> {
    pen: &'a Pen<'a>,
    row: &'a Instrument,
}

impl Facts<'_> {
    fn rows(&self) -> Vec<FactRow> {
        let rows = [
            ("law", vec![vec![self.pen.text(&self.row.summary.cite)]]),
            ("issuer", self.issuer(&self.row.issue)),
            ("addressed", self.addressed()),
            ("purpose", self.purposes()),
            ("reaches", self.reaches()),
            ("not_reached", self.not_reached()),
            ("unclear", self.unclear()),
            ("content_only", self.content_only()),
            ("look_back", self.look_back()),
            ("requires", self.requires()),
            ("deadline", self.deadline()),
            ("keeps", self.keeps()),
            ("emergency", self.row.emergency.iter().flat_map(|one| self.emergency(one)).collect()),
            (
                "organisation",
                self.row.controller.iter().flat_map(|one| self.organisation(one)).collect(),
            ),
            ("customer", self.customer()),
            ("silenced_by", self.silenced_by()),
            ("silence", self.row.silence.iter().map(|one| self.silence(one)).collect()),
            ("grounds", self.grounds()),
            ("after", self.dates(&self.row.follow_ups)),
            ("dates", self.dates(&self.row.clocks)),
            ("people", self.people()),
            ("version", self.version()),
        ];
        let shown = rows.into_iter().filter(|(_, lines): &(_, Vec<Line>)| !lines.is_empty());
        shown
            .map(|(key, lines)| FactRow { label: self.pen.say(&format!("row.{key}")), lines })
            .collect()
    }

    fn issuer(&self, issue: &Issue) -> Vec<Line> {
        let pen = self.pen;
        let mut lines = vec![pen.cited(&issue.text, &issue.cite)];
        let bodies = [
            ("alone", &issue.alone),
            ("validated", &issue.validated),
            ("validators", &issue.validators),
        ];
        for (key, classes) in bodies.into_iter().filter(|(_, classes)| !classes.is_empty()) {
            let said = pen.words.fill(&format!("row.{key}"), &[("classes", "")]);
            lines.push(vec![Run::plain(said), pen.text(&pen.classes(classes))]);
        }
        if let Some(hours) = issue.validation_after_hours {
            let time = pen.counted(hours, "hour");
            lines.push(vec![pen.words.fill("row.validation_after", &[("time", &time)]).into()]);
        }
        if !issue.leaves_out.is_empty() {
            let states = pen.states(&issue.leaves_out);
            lines.push(vec![pen.words.fill("row.leaves_out", &[("states", &states)]).into()]);
        }
        lines
    }

    /// The provider's entities where this is served.
    fn addressed(&self) -> Vec<Line> {
        let Some(place) = self.row.issue.served_on else { return Vec::new() };
        let there = |state: &Jurisdiction| place.reaches(state);
        let entities = self.pen.subject.publisher.provider.entities.iter();
        let names: Vec<Line> = entities
            .filter(|entity| there(&entity.jurisdiction))
            .map(|entity| vec![entity.name.clone().into()])
            .collect();
        if names.is_empty() { vec![vec![self.pen.say("row.nobody").into()]] } else { names }
    }

    fn purposes(&self) -> Vec<Line> {
        let word = |purpose: &Purpose| match purpose {
            Purpose::Disclose => "purpose.disclose",
            Purpose::Preserve => "purpose.preserve",
            Purpose::Remove => "purpose.remove",
        };
        let silence = self.row.silence.is_some() && self.row.summary.purposes.is_empty();
        let words = self.row.summary.purposes.iter().map(word);
        words
            .chain(silence.then_some("purpose.silence"))
            .map(|key| vec![self.pen.say(key).into()])
            .collect()
    }

    fn reaches(&self) -> Vec<Line> {
        let reach = Reach::of(self.row);
        if reach.reached.is_empty() && !self.row.summary.purposes.is_empty() {
            return vec![vec![self.pen.say("glance.nothing").into()]];
        }
        let line = |(category, elements): (&Category, &Vec<&ElementId>)| {
            let mut line = self.listed(*category, elements);
            // What is reached and does not exist yet is never given by the desk (collective policy P11).
            if *category == Category::Realtime {
                line.extend([Run::plain(" "), Run::mark(self.pen.say("person"))]);
            }
            line
        };
        reach.reached.iter().map(line).collect()
    }

    fn not_reached(&self) -> Vec<Line> {
        let reach = Reach::of(self.row);
        if reach.reached.is_empty() {
            return Vec::new();
        }
        let (in_part, not_at_all): (Vec<_>, Vec<_>) =
            reach.left_out.iter().partition(|(category, _)| reach.reached.contains_key(category));
        // That nothing is collected anew is a rule, and no instrument's own limit.
        let not_at_all =
            not_at_all.into_iter().filter(|(category, _)| **category != Category::Realtime);
        let names: Vec<String> =
            not_at_all.map(|(category, _)| self.pen.category(*category)).collect();
        let mut lines: Vec<Line> = Vec::new();
        if !names.is_empty() {
            let categories = names.join(", ");
            let said = self.pen.words.fill("row.none_of", &[("categories", &categories)]);
            lines.push(vec![said.into()]);
        }
        lines.extend(
            in_part.into_iter().map(|(category, elements)| self.listed(*category, elements)),
        );
        lines.extend(reach.excepted.iter().map(|(id, reached)| {
            let mut line = vec![self.element(id), Run::plain(" – "), self.pen.text(&reached.why)];
            line.extend(reached.cite.iter().map(|cite| self.pen.cite(cite)));
            line
        }));
        lines
    }

    fn unclear(&self) -> Vec<Line> {
        let reach = Reach::of(self.row);
        let asked = !reach.reached.is_empty() && !reach.unclear.is_empty();
        asked.then(|| self.elements(&reach.unclear)).into_iter().collect()
    }

    /// A category and its elements.
    fn listed(&self, category: Category, elements: &[&ElementId]) -> Line {
        let name = self.pen.category(category);
        let head = self.pen.words.fill("row.rest", &[("category", &name), ("elements", "")]);
        let mut line = vec![Run::strong(head)];
        line.extend(self.elements(elements));
        line
    }

    fn elements(&self, elements: &[&ElementId]) -> Line {
        let names: Vec<String> = elements.iter().map(|id| self.element(id).text).collect();
        vec![self.pen.text(&names.join("; "))]
    }

    fn element(&self, id: &ElementId) -> Run {
        let known = self.pen.subject.lawbook.elements().get(id);
        self.pen.text(known.map_or_else(|| id.as_str(), |element| element.title.as_str()))
    }

    fn content_only(&self) -> Vec<Line> {
        let word = |to: ContentOnlyTo| match to {
            ContentOnlyTo::UsGovernmentalEntity => "row.content_only_us",
        };
        self.row.content_only_to.iter().map(|to| vec![self.pen.say(word(*to)).into()]).collect()
    }

    fn look_back(&self) -> Vec<Line> {
        let line = |back: &writ_lawbook::LookBack| {
            let months = self.pen.counted(u16::from(back.months), "month");
            let said = self.pen.words.fill("row.look_back_text", &[("months", &months)]);
            vec![Run::plain(said), self.pen.cite(&back.cite)]
        };
        self.row.look_back.iter().map(line).collect()
    }

    fn requires(&self) -> Vec<Line> {
        self.row.requires.iter().map(|one| self.pen.cited(&one.text, &one.cite)).collect()
    }

    fn deadline(&self) -> Vec<Line> {
        let mut line: Line = vec![self.pen.answer(self.row).into()];
        let Some(clock) = &self.row.deadline else {
            // Nothing is answered under an instrument that only keeps or silences.
            let answered = self.row.summary.purposes.contains(&Purpose::Disclose);
            return if answered { vec![line] } else { Vec::new() };
        };
        line.push(self.pen.cite(&clock.cite));
        let mut lines = vec![line];
        let pauses = [("stands_still", &clock.suspended_by), ("begins_anew", &clock.restarted_by)];
        for (key, causes) in pauses.into_iter().filter(|(_, causes)| !causes.is_empty()) {
            let what: Vec<String> = causes.iter().map(|cause| self.still(*cause)).collect();
            let said = self.pen.words.fill(&format!("clock.{key}"), &[("what", &what.join(", "))]);
            lines.push(vec![said.into()]);
        }
        lines
    }

    fn still(&self, what: PauseCause) -> String {
        self.pen.say(match what {
            PauseCause::Clarification => "still.clarification",
            PauseCause::Objection => "still.objection",
        })
    }

    fn keeps(&self) -> Vec<Line> {
        let line = |kept: &writ_lawbook::Preservation| {
            let days = self.pen.counted(kept.days, "day");
            let more = self.pen.counted(kept.extension_days, "day");
            let times = kept.extensions.to_string();
            let values = [("days", days.as_str()), ("more", &more), ("times", &times)];
            let said = match kept.extensions {
                0 => days.clone(),
                1 => self.pen.words.fill("row.extended_once", &values),
                _ => self.pen.words.fill("row.extended_often", &values),
            };
            vec![Run::plain(said), self.pen.cite(&kept.cite)]
        };
        self.row.preservation.iter().map(line).collect()
    }

    fn emergency(&self, emergency: &EmergencyRow) -> [Line; 2] {
        let dangers = self.pen.dangers(&emergency.dangers);
        let time = self.pen.counted(emergency.current_within_hours, "hour");
        let values = [("dangers", dangers.as_str()), ("time", &time)];
        [
            self.pen.cited(&emergency.words, &emergency.cite),
            vec![self.pen.words.fill("row.emergency_text", &values).into()],
        ]
    }

    fn organisation(&self, rule: &ControllerRule) -> Vec<Line> {
        let pen = self.pen;
        let mut lines: Vec<Line> =
            vec![vec![pen.say("row.organisation_text").into(), pen.cite(&rule.cite)]];
        let known = pen.subject.lawbook.statements();
        let stated = rule.exceptions.iter().filter_map(|id| known.get(id));
        lines.extend(stated.map(|kind| vec![Run::plain("– "), pen.text(&kind.text)]));
        if rule.public_authority_own_state {
            lines.push(vec![pen.say("row.public_authority").into()]);
        }
        lines
    }

    /// Nobody is told of an order of silence by itself, but of what it keeps silent.
    fn customer(&self) -> Vec<Line> {
        let told = !self.row.summary.purposes.is_empty();
        let line = || vec![self.pen.notice(self.row).into(), self.pen.cite(&self.row.notice.cite)];
        told.then(line).into_iter().collect()
    }

    fn silenced_by(&self) -> Vec<Line> {
        let book = self.pen.subject.lawbook;
        let gags = self.row.gags.iter().filter(|gag| *gag != self.row.id());
        gags.filter_map(|gag| book.versions(gag).last())
            .map(|gag| vec![self.pen.link(gag)])
            .collect()
    }

    fn silence(&self, silence: &Silence) -> Line {
        let key = if silence.must_end { "row.silence_ends" } else { "row.silence_open" };
        let mut said = self.pen.say(key);
        if let Some(days) = silence.most_days {
            let time = self.pen.counted(days, "day");
            said =
                format!("{said}; {}", self.pen.words.fill("row.silence_most", &[("time", &time)]));
        }
        vec![Run::plain(said), self.pen.cite(&silence.cite)]
    }

    fn grounds(&self) -> Vec<Line> {
        self.row.refusal_grounds.iter().map(|one| self.pen.cited(&one.text, &one.cite)).collect()
    }

    /// Dates that the instrument's law sets beside that of the answer.
    fn dates(&self, dates: &[FollowUpRow]) -> Vec<Line> {
        let line = |one: &FollowUpRow| {
            let time = Run::plain(format!(" ({})", self.pen.after(one.within, one.from)));
            vec![self.pen.text(&one.text), time, self.pen.cite(&one.cite)]
        };
        dates.iter().map(line).collect()
    }

    fn people(&self) -> Vec<Line> {
        let key = match self.row.summary.people {
            0 => return Vec::new(),
            1 => "row.people_one",
            _ => "row.people_two",
        };
        vec![vec![self.pen.say(key).into()]]
    }

    fn version(&self) -> Vec<Line> {
        let words = &self.pen.words;
        let (from, review) = (words.date(self.row.valid_from), words.date(self.row.review_by));
        let confidence = self.pen.confidence(self.row.summary.confidence);
        let values = [("from", from.as_str()), ("confidence", &confidence), ("review", &review)];
        let mut lines: Vec<Line> = vec![vec![words.fill("row.version_text", &values).into()]];
        if let Some(day) = self.pen.signed(self.row) {
            lines.push(vec![words.fill("row.signed", &[("date", &words.date(day))]).into()]);
        }
        lines
    }
}
