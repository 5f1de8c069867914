//! Reads one instrument's file: every word it uses must be in the law book, every date must make sense.

use crate::clock::Length;
use crate::condition::{Condition, Written};
use crate::fault::{Page, nearest};
use crate::instrument::{
    Cited, ClockRow, ClockStart, ContentOnlyTo, ControllerRule, ElementReach, EmergencyRow,
    FollowUpRow, Ground, Instrument, Issue, LookBack, Notice, NoticeWord, Preservation,
    Requirement, Silence,
};
use crate::terms::{Terms, ValueKind};
use crate::{Confidence, InstrumentSummary, Reached};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use writ_vocabulary::{
    AuthorityClass, Category, Digest, ElementId, FindingState, InstrumentId, Jurisdiction, Purpose,
    Then,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    title: String,
    jurisdiction: Jurisdiction,
    regime: Spanned<String>,
    cite: Spanned<String>,
    confidence: Confidence,
    #[serde(default)]
    checks: Vec<String>,
    valid_from: Spanned<Date>,
    #[serde(default)]
    valid_to: Option<Date>,
    review_by: Date,
    purposes: Spanned<Vec<PurposeWord>>,
    #[serde(default)]
    voluntary: bool,
    #[serde(default)]
    permits: bool,
    #[serde(default)]
    judge_level: bool,
    #[serde(default)]
    national_security: bool,
    #[serde(default)]
    people: u8,
    #[serde(default)]
    cure_form: Option<String>,
    text: String,
    #[serde(default)]
    gags: Vec<InstrumentId>,
    issue: Spanned<Issue>,
    reach: Spanned<ReachRow>,
    #[serde(default)]
    requires: Vec<Spanned<RequirementRow>>,
    #[serde(default)]
    deadline: Option<ClockRow>,
    notice: Spanned<Notice>,
    #[serde(default)]
    silence: Option<Silence>,
    #[serde(default)]
    emergency: Option<EmergencyRow>,
    #[serde(default)]
    controller: Option<Spanned<ControllerRule>>,
    #[serde(default)]
    preservation: Option<Preservation>,
    #[serde(default)]
    follow_up: Vec<Spanned<FollowUpToml>>,
    #[serde(default)]
    clock: Vec<Spanned<FollowUpToml>>,
    #[serde(default)]
    refusal_grounds: Vec<Ground>,
    #[serde(default)]
    sanction: Option<Cited>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PurposeWord {
    Disclose,
    Preserve,
    Remove,
    Silence,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReachRow {
    categories: Vec<Category>,
    elements: Vec<ElementId>,
    except: Vec<Exception>,
    look_back: Option<LookBack>,
    content_only_to: Option<ContentOnlyTo>,
    /// Why what is not listed is not reached, in words to the authority.
    otherwise: String,
    cite: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    element: ElementId,
    text: String,
    cite: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementRow {
    id: String,
    text: String,
    cite: String,
    then: Then,
    #[serde(default)]
    when: Vec<Spanned<Written>>,
    #[serde(default)]
    any: Vec<Spanned<Written>>,
    #[serde(default)]
    all: Vec<Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowUpToml {
    id: String,
    text: String,
    #[serde(default)]
    from: ClockStart,
    within: Length,
    cite: String,
    #[serde(default)]
    when: Vec<Spanned<Written>>,
}

/// The instrument that `page` describes. Its faults are in `page`; with any of them the value is not used.
pub(crate) fn read(page: &mut Page<'_>, id: InstrumentId, terms: &Terms) -> Option<Instrument> {
    let row: Row = page.read()?;
    row.check(page, &id, terms);
    Some(row.instrument(page, id, terms))
}

impl Row {
    fn check(&self, page: &mut Page<'_>, id: &InstrumentId, terms: &Terms) {
        if !terms.regimes.contains_key(self.regime.get_ref()) {
            let what = format!(
                "no regime is called `{}`: add it to `[regimes]` in `elements.toml`",
                self.regime.get_ref()
            );
            page.fault(Some(self.regime.span()), what);
        }
        if self.cite.get_ref().trim().is_empty() {
            page.fault(Some(self.cite.span()), "`cite` is empty: name the law".to_owned());
        }
        let place = id.as_str().split('/').next().unwrap_or_default();
        if !place.eq_ignore_ascii_case(self.jurisdiction.as_str()) {
            let what = format!(
                "the folder says `{place}` and the row `{}`: make them agree",
                self.jurisdiction
            );
            page.fault(None, what);
        }
        self.check_dates(page);
        self.check_issue(page, terms);
        self.check_reach(page, terms);
        self.check_rest(page, terms);
    }

    fn check_dates(&self, page: &mut Page<'_>) {
        let from = *self.valid_from.get_ref();
        if self.valid_to.is_some_and(|to| to < from) {
            page.fault(
                Some(self.valid_from.span()),
                "`valid_to` lies before `valid_from`".to_owned(),
            );
        }
        if self.review_by <= from {
            page.fault(
                Some(self.valid_from.span()),
                "`review_by` must lie after `valid_from`".to_owned(),
            );
        }
    }

    fn check_issue(&self, page: &mut Page<'_>, terms: &Terms) {
        let issue = self.issue.get_ref();
        for class in issue.alone.iter().chain(&issue.validated).chain(&issue.validators) {
            if !terms.classes.contains_key(class) {
                page.fault_about(class.as_str(), unknown_class(class, terms));
            }
        }
        if issue.validated.is_empty() != issue.validators.is_empty() {
            let what = "`validated` and `validators` need each other".to_owned();
            page.fault(Some(self.issue.span()), what);
        }
        let somebody = !issue.alone.is_empty() || !issue.validated.is_empty();
        if issue.anyone == somebody {
            let what = "say who may issue it: `alone`, `validated`, or `anyone = true` by itself"
                .to_owned();
            page.fault(Some(self.issue.span()), what);
        }
    }

    fn check_reach(&self, page: &mut Page<'_>, terms: &Terms) {
        let reach = self.reach.get_ref();
        let named =
            reach.elements.iter().chain(reach.except.iter().map(|exception| &exception.element));
        for element in named {
            if !terms.elements.contains_key(element) {
                page.fault_about(element.as_str(), unknown_element(element, terms));
            }
        }
        let gives = self.purposes.get_ref().iter().any(|purpose| *purpose != PurposeWord::Silence);
        if gives && reach.categories.is_empty() && reach.elements.is_empty() {
            let what = "`[reach]` reaches nothing: give `categories` or `elements`".to_owned();
            page.fault(Some(self.purposes.span()), what);
        }
        if let Some(fixed) = reach.categories.iter().find(|category| is_fixed(**category)) {
            let what =
                format!("no instrument reaches `{fixed}`: that answer is the same under every law");
            page.fault(Some(self.reach.span()), what);
        }
    }

    fn check_rest(&self, page: &mut Page<'_>, terms: &Terms) {
        let silences = self.purposes.get_ref().contains(&PurposeWord::Silence);
        if silences && self.silence.is_none() {
            page.fault(
                Some(self.purposes.span()),
                "`silence` needs a `[silence]` table".to_owned(),
            );
        }
        if !matches!(self.people, 0 | 2) {
            let what =
                "`people` is 2 or left out: one person decides about every disclosure anyway";
            page.fault(Some(self.issue.span()), what.to_owned());
        }
        if self.voluntary && !self.emergency.as_ref().is_some_and(|emergency| emergency.required) {
            let what =
                "a `voluntary` row is an emergency's: give it `[emergency]` with `required = true`"
                    .to_owned();
            page.fault(Some(self.issue.span()), what);
        }
        if self.notice.get_ref().rule == NoticeWord::ProviderBefore
            && self.emergency.is_some()
            && self.notice.get_ref().emergency_days.is_none()
        {
            let what = "`[notice]` needs `emergency_days`: in an emergency the customer is told afterwards".to_owned();
            page.fault(Some(self.notice.span()), what);
        }
        if let Some(rule) = &self.controller {
            let flags = rule.get_ref().exceptions.iter().map(|id| (id, ValueKind::Flag));
            for (id, kind) in flags.chain([(&rule.get_ref().reasons, ValueKind::Text)]) {
                if terms.statements.get(id).is_none_or(|statement| statement.value != kind) {
                    page.fault(
                        Some(rule.span()),
                        format!("`{id}` is not the right kind of statement in `statements.toml`"),
                    );
                }
            }
        }
        let mut ids = BTreeSet::new();
        for requirement in &self.requires {
            if !ids.insert(requirement.get_ref().id.as_str()) {
                let what = format!("two requirements are called `{}`", requirement.get_ref().id);
                page.fault(Some(requirement.span()), what);
            }
        }
    }

    fn instrument(self, page: &mut Page<'_>, id: InstrumentId, terms: &Terms) -> Instrument {
        let requires = self.requires.into_iter().filter_map(|row| {
            let span = row.span();
            row.into_inner().read(page, span, terms)
        });
        let requires = requires.collect();
        let follow_ups = dates(self.follow_up, page, terms);
        let clocks = dates(self.clock, page, terms);
        let purposes = self.purposes.get_ref().iter().filter_map(|word| word.purpose()).collect();
        let reach = self.reach.into_inner();
        Instrument {
            reach: reach.resolved(self.regime.get_ref(), self.cite.get_ref(), terms),
            summary: InstrumentSummary {
                id,
                title: self.title,
                jurisdiction: self.jurisdiction,
                cite: self.cite.into_inner(),
                confidence: self.confidence,
                purposes,
                national_security: self.national_security,
                people: self.people,
                cure_form: self.cure_form,
            },
            regime: self.regime.into_inner(),
            text: self.text,
            checks: self.checks,
            valid_from: self.valid_from.into_inner(),
            valid_to: self.valid_to,
            digest: Digest::of(page.text),
            review_by: self.review_by,
            voluntary: self.voluntary,
            permits: self.permits,
            judge_level: self.judge_level,
            issue: self.issue.into_inner(),
            look_back: reach.look_back,
            content_only_to: reach.content_only_to,
            requires,
            deadline: self.deadline,
            notice: self.notice.into_inner(),
            gags: self.gags,
            silence: self.silence,
            emergency: self.emergency,
            controller: self.controller.map(Spanned::into_inner),
            preservation: self.preservation,
            follow_ups,
            clocks,
            refusal_grounds: self.refusal_grounds,
            sanction: self.sanction,
        }
    }
}

impl ReachRow {
    /// What the row says of every element of the law book, worked out once.
    fn resolved(
        &self,
        regime: &str,
        row_cite: &str,
        terms: &Terms,
    ) -> BTreeMap<ElementId, ElementReach> {
        let cite = if self.cite.is_empty() { row_cite } else { &self.cite };
        let mut resolved = BTreeMap::new();
        for (id, element) in &terms.elements {
            let classified = element.under(regime);
            let category = classified.map(|classified| classified.category);
            let reached = self.reached(id, category, &element.title, cite);
            resolved.insert(id.clone(), ElementReach { category, reached });
        }
        resolved
    }

    fn reached(
        &self,
        id: &ElementId,
        category: Option<Category>,
        title: &str,
        cite: &str,
    ) -> Reached {
        let reached = |state, why: String| Reached { state, why, cite: Some(cite.to_owned()) };
        if let Some(exception) = self.except.iter().find(|exception| &exception.element == id) {
            let cite = Some(exception.cite.clone());
            return Reached { state: FindingState::Fails, why: exception.text.clone(), cite };
        }
        let Some(category) = category else {
            return reached(
                FindingState::Unknown,
                format!("the law of this instrument does not classify `{id}` here"),
            );
        };
        if is_fixed(category) {
            return reached(
                FindingState::Fails,
                format!("no instrument of the law book reaches `{id}` ({title})"),
            );
        }
        if self.elements.contains(id) || self.categories.contains(&category) {
            return reached(
                FindingState::Holds,
                format!("`{id}` is {category} data under this law, and it is reached"),
            );
        }
        let otherwise = if self.otherwise.is_empty() {
            "this instrument does not reach it"
        } else {
            &self.otherwise
        };
        reached(
            FindingState::Fails,
            format!("`{id}` is {category} data under this law: {otherwise}"),
        )
    }
}

impl RequirementRow {
    fn read(self, page: &mut Page<'_>, span: Range<usize>, terms: &Terms) -> Option<Requirement> {
        let when = conditions(self.when, page, terms)?;
        let any = conditions(self.any, page, terms)?;
        let all = conditions(self.all, page, terms)?;
        if any.is_empty() && all.is_empty() {
            page.fault(
                Some(span),
                format!("requirement `{}` tests nothing: give `any` or `all`", self.id),
            );
            return None;
        }
        Some(Requirement {
            id: self.id,
            text: self.text,
            cite: self.cite,
            then: self.then,
            when,
            any,
            all,
        })
    }
}

fn dates(
    written: Vec<Spanned<FollowUpToml>>,
    page: &mut Page<'_>,
    terms: &Terms,
) -> Vec<FollowUpRow> {
    written.into_iter().filter_map(|row| row.into_inner().read(page, terms)).collect()
}

impl FollowUpToml {
    fn read(self, page: &mut Page<'_>, terms: &Terms) -> Option<FollowUpRow> {
        let when = conditions(self.when, page, terms)?;
        Some(FollowUpRow {
            id: self.id,
            text: self.text,
            from: self.from,
            within: self.within,
            cite: self.cite,
            when,
        })
    }
}

impl PurposeWord {
    fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Disclose => Some(Purpose::Disclose),
            Self::Preserve => Some(Purpose::Preserve),
            Self::Remove => Some(Purpose::Remove),
            Self::Silence => None,
        }
    }
}

fn conditions(
    written: Vec<Spanned<Written>>,
    page: &mut Page<'_>,
    terms: &Terms,
) -> Option<Vec<Condition>> {
    let mut read = Some(Vec::new());
    for condition in written {
        let span: Range<usize> = condition.span();
        match condition.into_inner().read(terms) {
            Ok(condition) => {
                if let Some(read) = &mut read {
                    read.push(condition);
                }
            }
            Err(what) => {
                page.fault(Some(span), what);
                read = None;
            }
        }
    }
    read
}

/// Categories whose answer no law changes (collective policy P12, P13).
fn is_fixed(category: Category) -> bool {
    matches!(category, Category::Credential | Category::Assistance)
}

fn unknown_class(class: &AuthorityClass, terms: &Terms) -> String {
    let near = nearest(class.as_str(), terms.classes.keys().map(AuthorityClass::as_str));
    format!("no authority class is called `{class}`{}: the list is in `classes.toml`", meant(near))
}

fn unknown_element(element: &ElementId, terms: &Terms) -> String {
    let near = nearest(element.as_str(), terms.elements.keys().map(ElementId::as_str));
    format!("no element is called `{element}`{}: the list is in `elements.toml`", meant(near))
}

fn meant(near: Option<String>) -> String {
    near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default()
}
