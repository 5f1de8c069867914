//! Reading `custody.toml`: the text form, and what must hold between its parts.

use crate::declared::{
    Column, Custody, Form, IdentifierKind, Location, Question, Relation, Source, TimeColumn,
    TimeForm, Yields,
};
use crate::fault::{line_of, nearest};
use crate::{Fault, Faults, Kind};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use writ_vocabulary::{ElementId, SourceId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    source: Vec<Spanned<SourceText>>,
    #[serde(default)]
    yields: Vec<Spanned<YieldsText>>,
    #[serde(default)]
    accounts: BTreeMap<IdentifierKind, Spanned<QuestionText>>,
    controllers: Option<Spanned<QuestionText>>,
    customer_keys: Option<Spanned<QuestionText>>,
    flags: Option<Spanned<QuestionText>>,
    residence: Option<Spanned<QuestionText>>,
    nationality: Option<Spanned<QuestionText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceText {
    id: Spanned<SourceId>,
    kind: Kind,
    location: Option<Spanned<String>>,
    url_file: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YieldsText {
    source: Spanned<SourceId>,
    table: Option<Spanned<String>>,
    query: Option<Spanned<String>>,
    #[serde(default)]
    form: Form,
    account_key: Spanned<BTreeMap<IdentifierKind, Spanned<String>>>,
    time_column: Option<Spanned<String>>,
    time_form: Option<Spanned<TimeForm>>,
    #[serde(default)]
    standing: bool,
    #[serde(default)]
    customer_keys: bool,
    elements: Spanned<BTreeMap<String, Spanned<Elements>>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "an element or a list of elements, as in `\"login_ip\"`")]
enum Elements {
    One(ElementId),
    Several(Vec<ElementId>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionText {
    source: Spanned<SourceId>,
    query: Spanned<String>,
}

pub(crate) fn parse(
    file: &str,
    text: &str,
    known: &BTreeSet<ElementId>,
) -> Result<Custody, Faults> {
    let mut reader = Reader { file, text, known, faults: Vec::new() };
    let parts = match toml::from_str::<File>(text) {
        Ok(parts) => parts,
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            reader.note(start, error.message().to_owned());
            return Err(Faults(reader.faults));
        }
    };
    let custody = reader.custody(parts);
    if reader.faults.is_empty() {
        Ok(custody)
    } else {
        reader.faults.sort_by_key(|fault| fault.line);
        Err(Faults(reader.faults))
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    known: &'a BTreeSet<ElementId>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn custody(&mut self, file: File) -> Custody {
        let sources = self.sources(file.source);
        let yields =
            file.yields.into_iter().filter_map(|yields| self.yields(yields, &sources)).collect();
        let accounts = file
            .accounts
            .into_iter()
            .map(|(kind, question)| (kind, self.question(question, kind.parameters(), &sources)))
            .collect();
        let mut of_customer = |question: Option<Spanned<QuestionText>>| {
            question.map(|question| self.question(question, &["customer"], &sources))
        };
        Custody {
            yields,
            accounts,
            controllers: of_customer(file.controllers),
            customer_keys: of_customer(file.customer_keys),
            flags: of_customer(file.flags),
            residence: of_customer(file.residence),
            nationality: of_customer(file.nationality),
            sources,
        }
    }

    fn sources(&mut self, given: Vec<Spanned<SourceText>>) -> BTreeMap<SourceId, Source> {
        let mut sources = BTreeMap::new();
        for source in given {
            let start = source.span().start;
            let source = source.into_inner();
            let id_at = source.id.span().start;
            let id = source.id.into_inner();
            let Some(location) =
                self.location(start, source.kind, source.location, source.url_file)
            else {
                continue;
            };
            let kind = source.kind;
            if sources.insert(id.clone(), Source { id: id.clone(), kind, location }).is_some() {
                self.note(id_at, format!("the source `{id}` is declared twice: rename one"));
            }
        }
        sources
    }

    fn location(
        &mut self,
        start: usize,
        kind: Kind,
        location: Option<Spanned<String>>,
        url_file: Option<Spanned<String>>,
    ) -> Option<Location> {
        match (location, url_file) {
            (Some(given), None) if kind == Kind::Postgres => self.url(given),
            (Some(given), None) => self.path(given).map(Location::Path),
            (None, Some(given)) if kind == Kind::Postgres => {
                self.path(given).map(Location::UrlFile)
            }
            (None, Some(given)) => {
                let what = "`url_file` is for databases behind a URL: give `location`, a path";
                self.fault(given.span().start, what.to_owned())
            }
            (Some(_), Some(given)) => {
                let what = "both `location` and `url_file` are given: keep one";
                self.fault(given.span().start, what.to_owned())
            }
            (None, None) if kind == Kind::Postgres => self.fault(
                start,
                "the source has no place: give `url_file`, a file that holds its URL".to_owned(),
            ),
            (None, None) => {
                self.fault(start, "the source has no place: give `location`, a path".to_owned())
            }
        }
    }

    fn url(&mut self, given: Spanned<String>) -> Option<Location> {
        let start = given.span().start;
        let url = given.into_inner();
        let Some((_, rest)) =
            url.split_once("://").filter(|(scheme, _)| scheme.starts_with("postgres"))
        else {
            return self.fault(start, "the location is no `postgres://` URL".to_owned());
        };
        let server = rest.split(['/', '?']).next().unwrap_or_default();
        let secret = server.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
        if secret || rest.contains("password=") {
            let what = "the location holds a password: put the URL into a file that only the \
                        provider's account can read, and name it in `url_file`";
            return self.fault(start, what.to_owned());
        }
        Some(Location::Url(url))
    }

    fn path(&mut self, given: Spanned<String>) -> Option<String> {
        if given.get_ref().trim().is_empty() {
            return self.fault(given.span().start, "the path is empty".to_owned());
        }
        Some(given.into_inner())
    }

    fn yields(
        &mut self,
        given: Spanned<YieldsText>,
        sources: &BTreeMap<SourceId, Source>,
    ) -> Option<Yields> {
        let start = given.span().start;
        let text = given.into_inner();
        let source = self.source(text.source, sources)?.clone();
        if !source.kind.gives(text.form) {
            let what = format!("a source of kind `{}` cannot be given in this `form`", source.kind);
            self.note(start, what);
        }
        let relation = self.relation(start, &source, text.table, text.query)?;
        let time = self.time(start, text.time_column, text.time_form, text.standing)?;
        let account_key = self.account_key(&source, text.account_key);
        let columns = self.columns(&source, text.elements);
        self.has_content(start, text.form, &columns);
        if let Some(time) = &time {
            self.has_column(start, &source, &time.name);
        }
        Some(Yields {
            source: source.id,
            relation,
            form: text.form,
            account_key,
            time,
            columns,
            customer_keys: text.customer_keys,
            line: line_of(self.text, start),
        })
    }

    fn relation(
        &mut self,
        start: usize,
        source: &Source,
        table: Option<Spanned<String>>,
        query: Option<Spanned<String>>,
    ) -> Option<Relation> {
        match (table, query) {
            (_, Some(query)) if source.kind == Kind::Objects => {
                let what = "a folder of objects has no query: leave `query` out";
                self.fault(query.span().start, what.to_owned())
            }
            (Some(_), Some(query)) => self.fault(
                query.span().start,
                "both `table` and `query` are given: keep one".to_owned(),
            ),
            (Some(table), None) => Some(Relation::Table(table.into_inner())),
            (None, Some(query)) => Some(Relation::Query(query.into_inner())),
            (None, None) if source.kind.has_tables() => {
                let what = "neither `table` nor `query` is given: say which rows these are";
                self.fault(start, what.to_owned())
            }
            (None, None) => Some(Relation::Table(source.table())),
        }
    }

    fn time(
        &mut self,
        start: usize,
        column: Option<Spanned<String>>,
        form: Option<Spanned<TimeForm>>,
        standing: bool,
    ) -> Option<Option<TimeColumn>> {
        match (column, form, standing) {
            (Some(name), form, false) => {
                let form = form.map(Spanned::into_inner).unwrap_or_default();
                Some(Some(TimeColumn { name: name.into_inner(), form }))
            }
            (None, None, true) => Some(None),
            (None, Some(form), true) => {
                let what = "`time_form` without `time_column`: leave it out";
                self.fault(form.span().start, what.to_owned())
            }
            (Some(column), _, true) => self.fault(
                column.span().start,
                "a standing record has no time: keep `time_column` or `standing`".to_owned(),
            ),
            (None, _, false) => {
                let what = "no `time_column`: name the column that a granted period bounds, or say \
                            `standing = true` where the row is the record as it stands";
                self.fault(start, what.to_owned())
            }
        }
    }

    fn account_key(
        &mut self,
        source: &Source,
        given: Spanned<BTreeMap<IdentifierKind, Spanned<String>>>,
    ) -> BTreeMap<IdentifierKind, String> {
        let start = given.span().start;
        let keys = given.into_inner();
        if keys.is_empty() {
            let what = "`account_key` is empty: name the column that says whose a row is, as in \
                        `{ customer = \"customer_id\" }`";
            self.note(start, what.to_owned());
        }
        if let Some(column) = keys.get(&IdentifierKind::Ip) {
            let what = "an IP address is nobody's for good and cannot be an account key: say in \
                        `[accounts]` how it leads to a customer";
            self.note(column.span().start, what.to_owned());
        }
        for column in keys.values() {
            self.has_column(column.span().start, source, column.get_ref());
        }
        keys.into_iter().map(|(kind, column)| (kind, column.into_inner())).collect()
    }

    fn columns(
        &mut self,
        source: &Source,
        given: Spanned<BTreeMap<String, Spanned<Elements>>>,
    ) -> Vec<Column> {
        if given.get_ref().is_empty() {
            let what = "`elements` is empty: say which column is which element";
            self.note(given.span().start, what.to_owned());
        }
        let mut columns = Vec::new();
        for (name, elements) in given.into_inner() {
            let start = elements.span().start;
            self.has_column(start, source, &name);
            let elements: BTreeSet<ElementId> = match elements.into_inner() {
                Elements::One(element) => BTreeSet::from([element]),
                Elements::Several(elements) => elements.into_iter().collect(),
            };
            if elements.is_empty() {
                self.note(start, format!("the column `{name}` is no element: leave it out"));
            }
            elements.iter().for_each(|element| self.known(start, element));
            columns.push(Column { name, elements });
        }
        columns
    }

    fn known(&mut self, start: usize, element: &ElementId) {
        if self.known.contains(element) {
            return;
        }
        let near = nearest(element.as_str(), self.known.iter().map(ElementId::as_str));
        let hint = near.map_or(String::new(), |word| format!("; did you mean `{word}`?"));
        let what = format!(
            "unknown element `{element}`{hint} (the list is the law book's `elements.toml`)"
        );
        self.note(start, what);
    }

    fn has_content(&mut self, start: usize, form: Form, columns: &[Column]) {
        if form == Form::Rows {
            if let Some(column) = columns.iter().find(|column| column.name == "content") {
                let what = format!(
                    "`{}` is whole content: give it as `form = \"mail\"` or \"objects\"",
                    column.name
                );
                self.note(start, what);
            }
        } else if !columns.iter().any(|column| column.name == "content") {
            let what = "`elements` names no `content` column: it is what is given in this `form`";
            self.note(start, what.to_owned());
        }
    }

    fn has_column(&mut self, start: usize, source: &Source, name: &str) {
        let columns = source.kind.columns();
        if !columns.is_empty() && !columns.contains(&name) {
            let what = format!(
                "a source of kind `{}` has no column `{name}`: it has {}",
                source.kind,
                columns.join(", ")
            );
            self.note(start, what);
        }
    }

    fn question(
        &mut self,
        given: Spanned<QuestionText>,
        parameters: &[&str],
        sources: &BTreeMap<SourceId, Source>,
    ) -> Question {
        let line = line_of(self.text, given.span().start);
        let text = given.into_inner();
        let source = text.source.get_ref().clone();
        let start = text.query.span().start;
        let query = text.query.into_inner();
        let kind = self.source(text.source, sources).map(|source| source.kind);
        if let Some(kind @ (Kind::Maildir | Kind::Objects)) = kind {
            self.note(start, format!("a source of kind `{kind}` answers no questions"));
        }
        if !parameters.iter().any(|parameter| query.contains(&format!("${parameter}"))) {
            let what = format!(
                "the query does not depend on the account: compare a column with `${}`",
                parameters.join("`, `$")
            );
            self.note(start, what);
        }
        Question { source, query, line }
    }

    fn source<'s>(
        &mut self,
        given: Spanned<SourceId>,
        sources: &'s BTreeMap<SourceId, Source>,
    ) -> Option<&'s Source> {
        let found = sources.get(given.get_ref());
        if found.is_none() {
            let near = nearest(given.get_ref().as_str(), sources.keys().map(SourceId::as_str));
            let hint = near.map_or(String::new(), |word| format!("; did you mean `{word}`?"));
            let what = format!("no source is named `{}`{hint}", given.get_ref());
            self.note(given.span().start, what);
        }
        found
    }

    /// Notes a fault; nothing comes of the part that has it.
    fn fault<T>(&mut self, start: usize, what: String) -> Option<T> {
        self.note(start, what);
        None
    }

    fn note(&mut self, start: usize, what: String) {
        let line = line_of(self.text, start);
        self.faults.push(Fault { file: self.file.to_owned(), line, what });
    }
}
