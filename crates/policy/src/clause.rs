//! A clause: one Cedar policy of the files, with what its annotations say in words.

use crate::page::Page;
use crate::question::Action;
use cedar_policy::{ActionConstraint, PolicyId, PolicySet, ResourceConstraint};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use writ_lawbook::Fault;
use writ_vocabulary::{Digest, RuleId, Then};

pub use cedar_policy::Effect;

/// One policy of the files.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Its id: `P2.content`.
    pub id: String,
    /// The rule it keeps: `P2`, or a provider's own `local-...`.
    pub rule: RuleId,
    /// Whether it allows or forbids.
    pub effect: Effect,
    /// Why, in plain words to the authority.
    pub reason: String,
    /// The law or principle behind it.
    pub cite: String,
    /// What follows, where it forbids.
    pub then: Option<Then>,
    /// Whether the instrument's own row says what follows, where the findings of `about` fail and it says so.
    pub row_decides: bool,
    /// The findings that tell the particulars wherever they do not hold.
    pub about: Vec<String>,
    /// The findings that tell the particulars where they are unknown.
    pub unknown: Vec<String>,
    /// Whether no provider and no member may change it.
    pub fixed: bool,
    /// The questions it answers.
    pub actions: Vec<Action>,
    /// The file it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: usize,
    pub(crate) digest: Digest,
    policy: cedar_policy::Policy,
    /// The same for use where its action is known to fit, so that Cedar need not evaluate the action each time.
    pub(crate) asked: cedar_policy::Policy,
    /// Its stored form (Cedar's JSON).
    pub(crate) body: Value,
    /// Every word of its stored form.
    words: BTreeSet<String>,
}

impl Clause {
    /// Whether it answers a question about an item itself, and not only who decides or who is told.
    pub(crate) fn answers_items(&self) -> bool {
        self.actions
            .iter()
            .any(|action| matches!(action, Action::Disclose | Action::Preserve | Action::Remove))
    }

    /// Whether it looks at the item, and not at the demand alone.
    pub(crate) fn reads_item(&self) -> bool {
        self.policy.resource_constraint() != ResourceConstraint::Any || self.reads("resource")
    }

    /// Whether its conditions read a variable or an attribute of this name. Taken from their stored form: a word too
    /// much makes asking slower, never wrong.
    pub(crate) fn reads(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// The policy as Cedar has it, under its own id.
    pub fn policy(&self) -> &cedar_policy::Policy {
        &self.policy
    }

    /// Whether a provider added it by itself.
    pub fn is_local(&self) -> bool {
        self.rule.as_str().starts_with(LOCAL)
    }

    /// The same clause with another stored form; `None` where that is no policy.
    pub(crate) fn with_body(&self, body: Value) -> Option<Self> {
        let id = PolicyId::new(&self.id);
        let policy = cedar_policy::Policy::from_json(Some(id.clone()), body.clone()).ok()?;
        let (asked, words) = (without_action(&id, &body)?, words_of(&body));
        Some(Self { effect: policy.effect(), policy, asked, body, words, ..self.clone() })
    }
}

/// Read from text again: so Cedar keeps a text beside it, and not a tree that every copy would copy.
fn without_action(id: &PolicyId, body: &Value) -> Option<cedar_policy::Policy> {
    let mut body = body.clone();
    let parts = body.as_object_mut()?;
    parts.insert("action".to_owned(), serde_json::json!({ "op": "All" }));
    parts.remove("annotations");
    let text = cedar_policy::Policy::from_json(Some(id.clone()), body).ok()?.to_cedar()?;
    cedar_policy::Policy::parse(Some(id.clone()), text).ok()
}

/// Every text that stands anywhere in a value.
fn words_of(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        Value::Array(values) => values.iter().flat_map(words_of).collect(),
        Value::Object(fields) => fields.values().flat_map(words_of).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whose files are read: a provider's own may only forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Collective,
    Overlay,
}

/// How a provider's own rules are called.
const LOCAL: &str = "local-";
const ANNOTATIONS: [&str; 9] =
    ["id", "rule", "reason", "cite", "then", "follows", "about", "unknown", "fixed"];

/// The clauses of a file, in its order.
pub(crate) fn read(page: Page<'_>, origin: Origin, faults: &mut Vec<Fault>) -> Vec<Clause> {
    let set: PolicySet = match page.text.parse() {
        Ok(set) => set,
        Err(error) => {
            faults.push(page.cedar_fault(&error));
            return Vec::new();
        }
    };
    if let Some(template) = set.templates().next() {
        let text = template.to_cedar();
        let at = page.text.find(&text).unwrap_or_default();
        faults.push(page.fault_at(
            at,
            "a template decides nothing: write a policy without `?principal` or `?resource`",
        ));
    }
    let mut found: Vec<(usize, cedar_policy::Policy)> =
        set.policies().map(|policy| (place(page, policy), policy.clone())).collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().filter_map(|(at, policy)| clause(page, at, policy, origin, faults)).collect()
}

/// Where a policy begins. Its text is a piece of the file's, and two equal pieces are found by their equal ids.
fn place(page: Page<'_>, policy: &cedar_policy::Policy) -> usize {
    policy.to_cedar().and_then(|text| page.text.find(&text)).unwrap_or_default()
}

fn clause(
    page: Page<'_>,
    at: usize,
    policy: cedar_policy::Policy,
    origin: Origin,
    faults: &mut Vec<Fault>,
) -> Option<Clause> {
    let said: BTreeMap<&str, &str> = policy.annotations().collect();
    let mut wrong = misread(&said, policy.effect(), origin);
    let actions = actions(&policy, origin).unwrap_or_else(|what| {
        wrong.push(what);
        Vec::new()
    });
    let body = policy.to_json().unwrap_or_else(|error| {
        wrong.push(format!("cannot be stored: {error}"));
        Value::Null
    });
    let id = PolicyId::new(said.get("id").copied().unwrap_or_default());
    let asked = without_action(&id, &body);
    if asked.is_none() && !body.is_null() {
        wrong.push(
            "cannot be prepared for asking: write its scope and conditions more plainly".to_owned(),
        );
    }
    let word = |name: &str| said.get(name).copied().unwrap_or_default().to_owned();
    let name = if said.contains_key("id") {
        format!("policy `{}`", word("id"))
    } else {
        "this policy".to_owned()
    };
    faults.extend(wrong.iter().map(|what| page.fault_at(at, format!("{name} {what}"))));
    let (true, Ok(rule), Some(asked)) = (wrong.is_empty(), word("rule").parse::<RuleId>(), asked)
    else {
        return None;
    };
    Some(Clause {
        rule,
        effect: policy.effect(),
        reason: word("reason"),
        cite: word("cite"),
        then: said.get("then").and_then(|word| then(word)),
        row_decides: said.contains_key("follows"),
        about: words(&word("about")),
        unknown: words(&word("unknown")),
        fixed: said.contains_key("fixed"),
        actions,
        file: page.file.to_owned(),
        line: page.line_of(at),
        digest: Digest::of(policy.to_cedar().unwrap_or_default()),
        policy: policy.new_id(id),
        asked,
        words: words_of(&body),
        body,
        id: word("id"),
    })
}

/// What is wrong with a policy's annotations, each as the end of a sentence that begins with its name.
fn misread(said: &BTreeMap<&str, &str>, effect: Effect, origin: Origin) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, _) in said.iter().filter(|(name, _)| !ANNOTATIONS.contains(name)) {
        wrong.push(format!(
            "has an annotation `@{name}` that nobody reads: use one of `@{}`",
            ANNOTATIONS.join("`, `@")
        ));
    }
    for name in ["id", "rule", "reason", "cite"]
        .into_iter()
        .filter(|name| said.get(name).is_none_or(|word| word.is_empty()))
    {
        wrong.push(format!("lacks `@{name}(\"...\")`"));
    }
    if said.get("rule").is_some_and(|rule| rule.parse::<RuleId>().is_err()) {
        wrong.push("names a rule that is no rule id: write one as in `P2`".to_owned());
    }
    match (effect, said.get("then")) {
        (Effect::Forbid, None) => {
            wrong.push("forbids and does not say what follows: add `@then(\"...\")`".to_owned())
        }
        (Effect::Permit, Some(_)) => {
            wrong.push("permits, so nothing follows: remove `@then`".to_owned())
        }
        (Effect::Forbid, Some(word)) if then(word).is_none() => {
            wrong.push(format!(
                "says `@then(\"{word}\")`: write one of `{}`",
                THEN.map(Then::as_str).join("`, `")
            ));
        }
        _ => {}
    }
    for word in
        ["about", "unknown"].iter().filter_map(|name| said.get(name)).flat_map(|list| words(list))
    {
        if word != EVERY_REQUIREMENT && !writ_lawbook::FINDINGS.contains(&word.as_str()) {
            wrong.push(format!("is told by `{word}`, which is no finding of the law book"));
        }
    }
    if said.get("fixed").is_some_and(|word| *word != "true" || effect == Effect::Permit) {
        wrong.push("may only be `@fixed(\"true\")`, and only where it forbids".to_owned());
    }
    if said.get("follows").is_some_and(|word| *word != "row") {
        wrong.push("may only say `@follows(\"row\")`: what the instrument's row says".to_owned());
    }
    if origin == Origin::Overlay {
        wrong.extend(oversteps(said, effect));
    }
    wrong
}

/// What a provider's own policy may not do.
fn oversteps(said: &BTreeMap<&str, &str>, effect: Effect) -> Vec<String> {
    let mut wrong = Vec::new();
    if effect == Effect::Permit {
        wrong.push(
            "permits: a provider's own policies may only forbid what the collective policy allows"
                .to_owned(),
        );
    }
    if said.contains_key("fixed") {
        wrong.push("is marked `@fixed`: only the collective policy fixes".to_owned());
    }
    for name in ["id", "rule"]
        .into_iter()
        .filter(|name| said.get(name).is_some_and(|word| !word.starts_with(LOCAL)))
    {
        wrong.push(format!("takes an `@{name}` of the collective policy's kind: begin a provider's own with `{LOCAL}`"));
    }
    wrong
}

fn actions(policy: &cedar_policy::Policy, origin: Origin) -> Result<Vec<Action>, String> {
    let named: BTreeSet<Action> = match policy.action_constraint() {
        ActionConstraint::Any => {
            return Err(format!("answers every question: name its actions, of {}", Action::list()));
        }
        ActionConstraint::Eq(uid) => Action::of(&uid).into_iter().collect(),
        ActionConstraint::In(uids) => uids.iter().filter_map(Action::of).collect(),
    };
    if origin == Origin::Overlay && named.contains(&Action::Notify) {
        return Err(
            "forbids to tell the customer: no provider may decide that by itself".to_owned()
        );
    }
    // An unknown action is the validator's to name.
    Ok(named.into_iter().collect())
}

/// Every finding `requires:<id>` of the instrument's row.
pub(crate) const EVERY_REQUIREMENT: &str = "requires:*";

const THEN: [Then; 7] = [
    Then::Refuse,
    Then::Hold,
    Then::Redirect,
    Then::Cure,
    Then::Escalate,
    Then::Preserve,
    Then::Narrow,
];

fn then(word: &str) -> Option<Then> {
    THEN.into_iter().find(|then| then.as_str() == word)
}

fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}
