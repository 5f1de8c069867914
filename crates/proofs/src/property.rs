//! Properties: files of policies, each with a sentence that must hold of the collective policy.

use cedar_policy::{
    ActionConstraint, Effect, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use std::collections::{BTreeMap, BTreeSet};
use writ_policy::{Action, Fault, Policy};
use writ_vocabulary::RuleId;

/// Something that must hold of the collective policy, whatever is asked.
#[derive(Debug, Clone)]
pub struct Property {
    /// Its id: the name of its file.
    pub id: String,
    /// It in one sentence.
    pub says: String,
    /// The rules it belongs to.
    pub rules: Vec<RuleId>,
    /// The law or principle behind it.
    pub cite: String,
    /// What is proven.
    pub shows: Shows,
    /// The questions it is about, in the order of [`Action::ALL`].
    pub actions: Vec<Action>,
    pub(crate) policies: Vec<cedar_policy::Policy>,
    /// The name of a yes or no that stands for any condition at all.
    pub(crate) free: Option<String>,
    pub(crate) schema: Schema,
}

/// What is proven of a property's policies and the collective policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    /// The policy allows nothing that the property's policies would not allow.
    AllowsNoMore,
    /// The policy allows everything that the property's policies allow.
    AllowsNoLess,
    /// Of what the property's policies allow to be asked, all that is not allowed is forbidden by a policy.
    Explained,
    /// The policy with the property's policies added allows nothing that it does not allow by itself.
    Narrows,
    /// No policy ever fails to be applied.
    NeverErrs,
    /// Nobody ever asks what the property's policies forbid. Not proven, since it says something of the law book and the
    /// program: it is checked on every known demand, and the other properties may rest on it.
    Asked,
}

/// Two sets of policies: whatever `left` allows, `right` must allow.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) left: PolicySet,
    pub(crate) right: PolicySet,
}

impl Property {
    /// Reads every property among the files of a policy, as (path inside the folder, text): those that end in
    /// `.cedar` under `properties/`, in the order of their names.
    ///
    /// # Errors
    /// Every fault of every file, with its line: a property is read whole or not at all.
    pub fn read_all<'a>(
        policy: &Policy,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<Self>, Vec<Fault>> {
        let mut faults = Vec::new();
        let files: BTreeMap<&str, &str> = files
            .into_iter()
            .filter(|(path, _)| path.starts_with(FOLDER) && path.ends_with(ENDING))
            .collect();
        let read = |(path, text): (&&str, &&str)| Page { path, text }.property(policy, &mut faults);
        let properties: Vec<Self> = files.iter().filter_map(read).collect();
        if faults.is_empty() { Ok(properties) } else { Err(faults) }
    }

    /// What must hold for the questions of one action. Where silence counts, only questions that are asked can show it:
    /// those that `asked`, policies of properties of that kind, do not forbid.
    pub(crate) fn pair(
        &self,
        policy: &Policy,
        asked: &[cedar_policy::Policy],
        action: Action,
    ) -> Pair {
        let collective = || policy.clauses().filter(|clause| !clause.is_local());
        let base = collective().map(|clause| clause.policy()).filter(|it| asks(it, action));
        let base: Vec<&cedar_policy::Policy> = base.collect();
        let own = self.policies.iter().filter(|it| asks(it, action));
        let own: Vec<&cedar_policy::Policy> = own.collect();
        let forbids = base.iter().copied().filter(|it| it.effect() == Effect::Forbid);
        let (left, right) = match self.shows {
            Shows::AllowsNoMore => {
                (set(base), set(own.into_iter().chain(self.everything().iter())))
            }
            Shows::AllowsNoLess => (set(own), set(base)),
            Shows::Explained => {
                let asked = asked.iter().filter(|it| asks(it, action));
                (set(forbids.chain(own).chain(asked)), set(base))
            }
            Shows::Narrows => (set(base.iter().copied().chain(own)), set(base)),
            Shows::NeverErrs => (set(base.iter().copied()), set(base)),
            Shows::Asked => {
                let all = self.everything();
                (set(all.iter()), set(own.into_iter().chain(all.iter())))
            }
        };
        Pair { left, right }
    }

    /// The policies of all properties that say what nobody asks.
    pub(crate) fn never_asked(properties: &[Self]) -> Vec<cedar_policy::Policy> {
        let of = properties.iter().filter(|property| property.shows == Shows::Asked);
        of.flat_map(|property| property.policies.iter().cloned()).collect()
    }

    /// The permit that stands in for everything which a file of forbids says nothing about.
    fn everything(&self) -> Option<cedar_policy::Policy> {
        let permits = self.policies.iter().any(|it| it.effect() == Effect::Permit);
        let all = "permit (principal, action, resource);";
        let id = PolicyId::new("everything else");
        (!permits).then(|| cedar_policy::Policy::parse(Some(id), all).ok()).flatten()
    }
}

/// A set of policies whose ids differ.
pub(crate) fn set<'a>(policies: impl IntoIterator<Item = &'a cedar_policy::Policy>) -> PolicySet {
    PolicySet::from_policies(policies.into_iter().cloned()).unwrap_or_default()
}

/// Whether a policy answers the questions of an action.
pub(crate) fn asks(policy: &cedar_policy::Policy, action: Action) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => Action::of(&uid) == Some(action),
        ActionConstraint::In(uids) => uids.iter().any(|uid| Action::of(uid) == Some(action)),
    }
}

const FOLDER: &str = "properties/";
const ENDING: &str = ".cedar";
const ANNOTATIONS: [&str; 5] = ["says", "rules", "cite", "shows", "free"];
const SHOWS: [(&str, Shows); 6] = [
    ("allows-no-more", Shows::AllowsNoMore),
    ("allows-no-less", Shows::AllowsNoLess),
    ("explained", Shows::Explained),
    ("narrows", Shows::Narrows),
    ("never-errs", Shows::NeverErrs),
    ("asked", Shows::Asked),
];
/// The type of the schema to which a free yes or no is added.
const CONTEXT: &str = "type Findings = {";

/// A property's file.
#[derive(Clone, Copy)]
struct Page<'a> {
    path: &'a str,
    text: &'a str,
}

impl Page<'_> {
    fn property(self, policy: &Policy, faults: &mut Vec<Fault>) -> Option<Property> {
        match self.read(policy) {
            Ok(property) => Some(property),
            Err(wrong) => {
                faults.extend(wrong);
                None
            }
        }
    }

    fn read(self, policy: &Policy) -> Result<Property, Vec<Fault>> {
        let id = self.path.trim_start_matches(FOLDER).trim_end_matches(ENDING).to_owned();
        let policies = self.policies(&id)?;
        let Some(first) = policies.first() else {
            return Err(self.one("states no policy: write what must hold as one"));
        };
        let said: BTreeMap<&str, &str> = first.annotations().collect();
        let word = |name: &str| said.get(name).copied().unwrap_or_default();
        let shows = SHOWS.iter().find(|(name, _)| *name == word("shows")).map(|(_, shows)| *shows);
        let free = said.get("free").map(|name| (*name).to_owned());
        let wrong = self.misread(&said, policy);
        let schema = self.schema(policy, free.as_deref());
        match (shows, schema) {
            (Some(shows), Ok(schema)) if wrong.is_empty() => {
                self.unfit(&policies, &schema)?;
                Ok(Property {
                    id,
                    says: word("says").to_owned(),
                    rules: rules(word("rules")).collect(),
                    cite: word("cite").to_owned(),
                    shows,
                    actions: actions(&policies),
                    policies,
                    free,
                    schema,
                })
            }
            (_, schema) => {
                Err(wrong.into_iter().chain(schema.err().into_iter().flatten()).collect())
            }
        }
    }

    /// The policies of the file in its order, under ids that no policy of the collective has.
    fn policies(self, id: &str) -> Result<Vec<cedar_policy::Policy>, Vec<Fault>> {
        let set: PolicySet = self.text.parse().map_err(|error| self.cedar(&error))?;
        if set.templates().next().is_some() {
            return Err(self.one("a template states nothing: write a policy without slots"));
        }
        let place = |policy: &cedar_policy::Policy| {
            policy.to_cedar().and_then(|text| self.text.find(&text)).unwrap_or_default()
        };
        let mut found: Vec<cedar_policy::Policy> = set.policies().cloned().collect();
        found.sort_by_key(place);
        let named = found.into_iter().enumerate();
        Ok(named.map(|(n, it)| it.new_id(PolicyId::new(format!("{id} {}", n + 1)))).collect())
    }

    fn misread(self, said: &BTreeMap<&str, &str>, policy: &Policy) -> Vec<Fault> {
        let mut wrong = Vec::new();
        for name in said.keys().filter(|name| !ANNOTATIONS.contains(name)) {
            wrong.push(format!(
                "has an annotation `@{name}` that nobody reads: use one of `@{}`",
                ANNOTATIONS.join("`, `@")
            ));
        }
        for name in ["says", "rules", "cite", "shows"] {
            if said.get(name).is_none_or(|word| word.is_empty()) {
                wrong.push(format!("its first policy lacks `@{name}(\"...\")`"));
            }
        }
        if let Some(shows) =
            said.get("shows").filter(|it| SHOWS.iter().all(|(name, _)| name != *it))
        {
            let known = SHOWS.map(|(name, _)| name).join("`, `");
            wrong.push(format!("says `@shows(\"{shows}\")`: write one of `{known}`"));
        }
        let known: BTreeSet<&RuleId> = policy.rules().iter().map(|rule| &rule.id).collect();
        for word in said.get("rules").into_iter().flat_map(|list| list.split_whitespace()) {
            if word.parse::<RuleId>().is_ok_and(|rule| known.contains(&rule)) {
                continue;
            }
            wrong.push(format!("belongs to rule `{word}`, which `rules.toml` does not list"));
        }
        wrong.into_iter().flat_map(|what| self.one(what)).collect()
    }

    /// The schema, with one more yes or no among the findings where the property has a free one.
    fn schema(self, policy: &Policy, free: Option<&str>) -> Result<Schema, Vec<Fault>> {
        let Some(free) = free else { return Ok(policy.schema().clone()) };
        let text = policy.schema_text();
        if !text.contains(CONTEXT) {
            return Err(self.one(format!("cannot add `{free}`: the schema has no `{CONTEXT}`")));
        }
        let text = text.replacen(CONTEXT, &format!("{CONTEXT} {free}: Bool,"), 1);
        let schema = Schema::from_cedarschema_str(&text);
        schema.map(|(schema, _)| schema).map_err(|error| self.cedar(&error))
    }

    fn unfit(self, policies: &[cedar_policy::Policy], schema: &Schema) -> Result<(), Vec<Fault>> {
        let validator = Validator::new(schema.clone());
        let result = validator.validate(&set(policies), ValidationMode::Strict);
        let errors = result.validation_errors().map(ToString::to_string);
        let doubts = result.validation_warnings().map(ToString::to_string);
        let wrong: Vec<Fault> = errors.chain(doubts).flat_map(|what| self.one(what)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn cedar(self, error: &dyn miette::Diagnostic) -> Vec<Fault> {
        let at = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
        let line = |at: usize| self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        vec![Fault { file: self.path.to_owned(), line: at.map(line), what: error.to_string() }]
    }

    fn one(self, what: impl Into<String>) -> Vec<Fault> {
        vec![Fault { file: self.path.to_owned(), line: None, what: what.into() }]
    }
}

fn rules(list: &str) -> impl Iterator<Item = RuleId> {
    list.split_whitespace().filter_map(|word| word.parse().ok())
}

fn actions(policies: &[cedar_policy::Policy]) -> Vec<Action> {
    let named = |action: &Action| policies.iter().any(|policy| asks(policy, *action));
    Action::ALL.into_iter().filter(named).collect()
}
