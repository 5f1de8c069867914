//! The grant: asked ∩ ruled ∩ reviewer's. The only thing that opens a data source.

use writ_vocabulary::{CaseId, Digest, Scope};

/// What may be collected for one case. It has no public constructor and no stored form: it exists only inside a
/// case whose events granted it.
///
/// ```compile_fail
/// let forged = writ_docket::Grant { case: todo!(), scope: todo!(), ruling: todo!() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    case: CaseId,
    scope: Scope,
    ruling: Digest,
}

impl Grant {
    pub(crate) fn new(case: CaseId, scope: Scope, ruling: Digest) -> Self {
        Self { case, scope, ruling }
    }

    /// The case it belongs to.
    pub fn case(&self) -> &CaseId {
        &self.case
    }

    /// What may be collected.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The ruling it rests on.
    pub fn ruling(&self) -> Digest {
        self.ruling
    }
}
