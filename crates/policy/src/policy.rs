//! The policy as loaded: checked files, one set of policies for each question.

use crate::clause::{self, Clause, Origin};
use crate::fixed;
use crate::page::Page;
use crate::question::{Action, Reads, Words};
use crate::rule::{self, Rule};
use cedar_policy::{Authorizer, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::collections::BTreeMap;
use std::sync::Arc;
use writ_lawbook::Fault;
use writ_vocabulary::Digest;

/// The collective policy, and a provider's own restrictions of it.
///
/// Its promise: nothing is allowed but by a policy that permits it and against which no policy, fixed, collective or
/// the provider's own, stands; and whatever the provider adds, the fixed and the collective policies stay in force.
pub struct Policy {
    pub(crate) sets: BTreeMap<Action, Arc<Sets>>,
    pub(crate) clauses: Clauses,
    pub(crate) words: Words,
    pub(crate) reads: Reads,
    pub(crate) authorizer: Authorizer,
    pub(crate) digest: Digest,
    pub(crate) schema: Schema,
    schema_text: String,
    rules: Vec<Rule>,
    collective: Digest,
}

/// Policies by id.
pub(crate) type Clauses = BTreeMap<String, Arc<Clause>>;

/// The policies that answer one question: those that look at the demand alone, which need be asked once a demand, and
/// those that look at the item. Cedar's cost is that of evaluating each policy of a set, so none is asked in vain.
#[derive(Default)]
pub(crate) struct Sets {
    pub(crate) of_demand: PolicySet,
    pub(crate) of_item: PolicySet,
}

impl Policy {
    /// Loads the collective policy from its files, as (path inside the folder, text), and a provider's own files
    /// beside it. All or nothing: the policies fit the schema strictly, each says who it is and why, none of the
    /// fixed ones is missing or changed, every rule is kept by something, and the provider's own only forbid.
    ///
    /// Of the collective folder, `*.cedar`, the one `*.cedarschema` and `rules.toml` count; what lies under `cases/`,
    /// `properties/` and `local/` is read by others. The overlay counts with all its `*.cedar`.
    pub fn load(
        files: impl IntoIterator<Item = (String, String)>,
        overlay: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Fault>> {
        let files: BTreeMap<String, String> =
            files.into_iter().filter(|(path, _)| counts(path)).collect();
        let overlay: BTreeMap<String, String> =
            overlay.into_iter().filter(|(path, _)| path.ends_with(".cedar")).collect();
        let mut faults = Vec::new();
        let schema = schema(&files, &mut faults);
        let schema_text = pages(&files, SCHEMA).next().map(|page| page.text.to_owned());
        let mut clauses = clauses(&files, Origin::Collective, &mut faults);
        faults.extend(fixed::changed(&clauses));
        let rules = rules(&files, &clauses, &mut faults);
        clauses.extend(self::clauses(&overlay, Origin::Overlay, &mut faults));
        let clauses = by_id(clauses, &mut faults);
        faults.extend(unfit(&clauses, schema.as_ref()));
        let sets = sets(&clauses, &mut faults);
        let words = Words::new();
        faults.sort();
        match (schema, words) {
            (Some(schema), Some(words)) if faults.is_empty() => Ok(Self {
                sets,
                reads: reads(&clauses),
                words,
                authorizer: Authorizer::new(),
                collective: digest(&[&files]),
                digest: digest(&[&files, &overlay]),
                clauses,
                rules,
                schema,
                schema_text: schema_text.unwrap_or_default(),
            }),
            _ => Err(faults),
        }
    }

    /// The digest of all files, the provider's own included: what a ruling names.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of the collective files alone: what members compare.
    pub fn collective(&self) -> Digest {
        self.collective
    }

    /// The rules of the collective policy, in reading order, each with the policies that keep it.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Every policy, in the order of its id; a provider's own are those whose rule begins with `local-`.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.values().map(AsRef::as_ref)
    }

    /// The schema that policies and questions fit.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema as its file has it.
    pub fn schema_text(&self) -> &str {
        &self.schema_text
    }

    /// This policy with other clauses, which differ in those that answer the actions `of`; for asking only: it was never loaded, so nothing held it against the fixed
    /// policies, and it never leaves this crate but inside a [`Mutant`](crate::Mutant).
    pub(crate) fn with_clauses(&self, clauses: Clauses, of: &[Action]) -> Option<Self> {
        let mut sets = self.sets.clone();
        for action in of {
            let mut faults = Vec::new();
            sets.insert(*action, Arc::new(asked(&clauses, *action, &mut faults)));
            faults.is_empty().then_some(())?;
        }
        Some(Self {
            sets,
            reads: reads(&clauses),
            words: Words::new()?,
            authorizer: Authorizer::new(),
            clauses,
            rules: self.rules.clone(),
            schema: self.schema.clone(),
            schema_text: self.schema_text.clone(),
            digest: self.digest,
            collective: self.collective,
        })
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Policy({}, {} policies)", self.digest.short(), self.clauses.len())
    }
}

fn counts(path: &str) -> bool {
    let beside = |folder: &str| matches!(folder, "cases" | "properties" | "local");
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let kind = name.ends_with(".cedar") || name.ends_with(".cedarschema") || name == RULES;
    kind && !parts.any(beside)
}

const RULES: &str = "rules.toml";
const SCHEMA: &str = ".cedarschema";

fn pages<'a>(
    files: &'a BTreeMap<String, String>,
    ending: &'static str,
) -> impl Iterator<Item = Page<'a>> {
    files
        .iter()
        .filter(move |(file, _)| file.ends_with(ending))
        .map(|(file, text)| Page { file, text })
}

fn schema(files: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Option<Schema> {
    let mut found = pages(files, SCHEMA);
    let (Some(page), None) = (found.next(), found.next()) else {
        let nowhere = Page { file: "schema.cedarschema", text: "" };
        faults.push(nowhere.fault("the policy needs exactly one file `*.cedarschema`"));
        return None;
    };
    match Schema::from_cedarschema_str(page.text) {
        Ok((schema, _)) => Some(schema),
        Err(error) => {
            faults.push(page.cedar_fault(&error));
            None
        }
    }
}

fn clauses(
    files: &BTreeMap<String, String>,
    origin: Origin,
    faults: &mut Vec<Fault>,
) -> Vec<Clause> {
    pages(files, ".cedar").flat_map(|page| clause::read(page, origin, faults)).collect()
}

fn rules(
    files: &BTreeMap<String, String>,
    clauses: &[Clause],
    faults: &mut Vec<Fault>,
) -> Vec<Rule> {
    let Some(page) = pages(files, RULES).next() else {
        faults.push(Page { file: RULES, text: "" }.fault("the policy needs its list of rules"));
        return Vec::new();
    };
    let mut rules = rule::read(page, faults);
    for clause in clauses {
        match rules.iter_mut().find(|rule| rule.id == clause.rule) {
            Some(rule) => rule.policies.push(clause.id.clone()),
            None => faults.push(at(
                clause,
                format!("keeps rule `{}`, which `{RULES}` does not list", clause.rule),
            )),
        }
    }
    faults.extend(rules.iter().filter_map(|rule| rule::unkept(page, rule)));
    for clause in clauses {
        let rule = rules.iter().find(|rule| rule.id == clause.rule);
        if let (Some(rule), Some(then)) = (rule, clause.then.filter(|_| clause.answers_items()))
            && !rule.then.contains(&then)
        {
            faults.push(at(
                clause,
                format!("lets `{then}` follow, which rule `{}` does not say in `then`", rule.id),
            ));
        }
    }
    rules
}

fn by_id(clauses: Vec<Clause>, faults: &mut Vec<Fault>) -> Clauses {
    let mut by_id = Clauses::new();
    for clause in clauses {
        if let Some(other) = by_id.get(&clause.id) {
            let elsewhere = format!("{}:{}", other.file, other.line);
            faults.push(at(
                &clause,
                format!("has the id of the policy at {elsewhere}: give each its own"),
            ));
            continue;
        }
        by_id.insert(clause.id.clone(), Arc::new(clause));
    }
    by_id
}

/// What does not fit the schema, by Cedar's strict validation, its doubts included.
fn unfit(clauses: &Clauses, schema: Option<&Schema>) -> Vec<Fault> {
    let Some(schema) = schema else { return Vec::new() };
    // Ids differ: they are the keys of the map.
    let all = PolicySet::from_policies(clauses.values().map(|clause| clause.policy().clone()))
        .unwrap_or_default();
    let result = Validator::new(schema.clone()).validate(&all, ValidationMode::Strict);
    let errors = result.validation_errors().map(|error| (error.policy_id(), error.to_string()));
    let doubts =
        result.validation_warnings().map(|warning| (warning.policy_id(), warning.to_string()));
    let fault = |(id, what): (&PolicyId, String)| {
        let clause = clauses.get(AsRef::<str>::as_ref(id))?;
        Some(Fault { file: clause.file.clone(), line: Some(clause.line), what })
    };
    errors.chain(doubts).filter_map(fault).collect()
}

fn sets(clauses: &Clauses, faults: &mut Vec<Fault>) -> BTreeMap<Action, Arc<Sets>> {
    Action::ALL
        .into_iter()
        .map(|action| (action, Arc::new(asked(clauses, action, faults))))
        .collect()
}

/// The policies that answer one question.
fn asked(clauses: &Clauses, action: Action, faults: &mut Vec<Fault>) -> Sets {
    let mut sets = Sets::default();
    for clause in clauses.values().filter(|clause| clause.actions.contains(&action)) {
        let set = if clause.reads_item() { &mut sets.of_item } else { &mut sets.of_demand };
        if set.add(clause.asked.clone()).is_err() {
            faults.push(at(clause, "stands twice in one question: give it its own id".to_owned()));
        }
    }
    sets
}

/// Which open-ended attributes any policy reads.
fn reads(clauses: &Clauses) -> Reads {
    let any = |word: &str| clauses.values().any(|clause| clause.reads(word));
    Reads { element: any("element"), residence: any("residence") }
}

fn digest(folders: &[&BTreeMap<String, String>]) -> Digest {
    let mut lines = String::new();
    for (number, folder) in folders.iter().enumerate() {
        for (file, text) in folder.iter() {
            lines.push_str(&format!("{number} {} {file}\n", Digest::of(text)));
        }
    }
    Digest::of(lines)
}

fn at(clause: &Clause, what: String) -> Fault {
    Fault {
        file: clause.file.clone(),
        line: Some(clause.line),
        what: format!("policy `{}` {what}", clause.id),
    }
}
