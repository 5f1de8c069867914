//! Single questions, for those who put them to other policies than these: proofs and comparisons.

use crate::policy::Policy;
use crate::question::{Action, Reads, Traits, Unsayable};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, PolicySet, Request, RestrictedExpression,
};
use std::sync::Arc;
use writ_lawbook::Assessment;

/// One question about one item of a demand, as Cedar is asked it.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked.
    pub action: Action,
    /// About which item: its place in the demand.
    pub item: usize,
    request: Request,
    entities: Arc<Entities>,
}

impl Question {
    /// Whether a set of policies answers yes.
    pub fn allowed_by(&self, policies: &PolicySet) -> bool {
        self.ask(policies).decision() == Decision::Allow
    }

    /// Whether some policy of a set cannot be applied to it.
    pub fn errs_in(&self, policies: &PolicySet) -> bool {
        self.ask(policies).diagnostics().errors().next().is_some()
    }

    /// What a set of policies brings forward: what they answer together, which of them say so, and whether one fails.
    pub(crate) fn weighed_by(&self, policies: &PolicySet) -> (bool, Vec<String>, bool) {
        let answer = self.ask(policies);
        let mut by: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
        by.sort();
        let errs = answer.diagnostics().errors().next().is_some();
        (answer.decision() == Decision::Allow, by, errs)
    }

    /// Who asks what about which item, and what was found.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The issuer and the items with their attributes.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The same question with one more yes or no among its findings; `None` where it has one of that name.
    pub fn supposing(&self, finding: &str, so: bool) -> Option<Self> {
        let found = self.request.context()?.clone();
        let supposed = (finding.to_owned(), RestrictedExpression::new_bool(so));
        let context = Context::from_pairs(found.into_iter().chain([supposed])).ok()?;
        let uid = |uid: Option<&cedar_policy::EntityUid>| uid.cloned();
        let request = Request::new(
            uid(self.request.principal())?,
            uid(self.request.action())?,
            uid(self.request.resource())?,
            context,
            None,
        );
        Some(Self { request: request.ok()?, ..self.clone() })
    }

    fn ask(&self, policies: &PolicySet) -> cedar_policy::Response {
        Authorizer::new().is_authorized(&self.request, policies, &self.entities)
    }
}

impl Policy {
    /// Every question that an assessment may come to: for each item what is wanted with it, who decides, and whether
    /// the customer is told. With every attribute filled in, whether these policies read it or not.
    ///
    /// Empty where the assessment cannot be said in Cedar's terms.
    pub fn questions(&self, assessment: &Assessment) -> Vec<Question> {
        self.asked(assessment).unwrap_or_default()
    }

    fn asked(&self, assessment: &Assessment) -> Result<Vec<Question>, Unsayable> {
        let reads = Reads { element: true, residence: true };
        let traits: Vec<Traits> =
            assessment.items.iter().map(|item| Traits::of(item, reads)).collect();
        let entities = Arc::new(self.words.entities(assessment, &traits, None)?);
        let context = self.words.context(assessment)?;
        let mut questions = Vec::new();
        for (item, traits) in traits.iter().enumerate() {
            let further = [Action::DecideAlone, Action::DecideUnattended, Action::Notify];
            for action in std::iter::once(traits.want.into()).chain(further) {
                let (principal, about) = (self.words.principal(), self.words.item(item));
                let asked = self.words.action(action)?;
                let request = Request::new(principal, asked, about, context.clone(), None)
                    .map_err(Unsayable::because)?;
                questions.push(Question { action, item, request, entities: entities.clone() });
            }
        }
        Ok(questions)
    }
}
