//! The custody chain as CASE/UCO JSON-LD: who did what with the records, from the demand's arrival to the sealing.

use crate::canonical::{CanonicalError, canonical_json};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use writ_vocabulary::{CaseId, CustodyStep, CustodyVerb, Digest, Instant};

/// The chain of one case: at least one step, in the order they were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyChain {
    case: CaseId,
    steps: Vec<CustodyStep>,
}

/// Steps that are no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustodyError {
    /// There are none.
    #[error("a custody chain needs at least one step: give those of the docket")]
    Empty,
    /// One comes before the one it follows.
    #[error(
        "step {number} (`{verb}`, {at}) is earlier than the step before it: give the steps in the order they were taken"
    )]
    Order {
        /// Its number, from 1.
        number: usize,
        /// Its kind.
        verb: CustodyVerb,
        /// Its time.
        at: Instant,
    },
    /// One comes only after a parcel has left.
    #[error("step {number} (`{verb}`) comes after a parcel has left: leave it out")]
    Later {
        /// Its number, from 1.
        number: usize,
        /// Its kind.
        verb: CustodyVerb,
    },
    /// One ends before it begins.
    #[error("step {number} (`{verb}`) ends before it begins")]
    Ends {
        /// Its number, from 1.
        number: usize,
        /// Its kind.
        verb: CustodyVerb,
    },
}

impl CustodyChain {
    /// The chain of `case` made of these steps.
    ///
    /// # Errors
    ///
    /// When there is no step, time runs backwards, or a step comes only after a parcel has left.
    pub fn new(case: CaseId, steps: Vec<CustodyStep>) -> Result<Self, CustodyError> {
        if steps.is_empty() {
            return Err(CustodyError::Empty);
        }
        let mut before = None;
        for (number, step) in (1..).zip(&steps) {
            let (verb, at) = (step.verb, step.at);
            if before.is_some_and(|before| at < before) {
                return Err(CustodyError::Order { number, verb, at });
            }
            if step.ended.is_some_and(|ended| ended < at) {
                return Err(CustodyError::Ends { number, verb });
            }
            if verb > CustodyVerb::Sealed {
                return Err(CustodyError::Later { number, verb });
            }
            before = Some(at);
        }
        Ok(Self { case, steps })
    }

    /// The case.
    pub fn case(&self) -> &CaseId {
        &self.case
    }

    /// The steps.
    pub fn steps(&self) -> &[CustodyStep] {
        &self.steps
    }

    /// `custody.json`: a CASE investigation whose actions each name their performer, tool, times, the action before
    /// and, as a provenance record, the digest of what they left. Ids follow from the content (UUID version 8).
    ///
    /// # Errors
    ///
    /// None that a chain of text and times can cause.
    pub fn to_json(&self) -> Result<Vec<u8>, CanonicalError> {
        let mut nodes: Vec<Value> = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            nodes.extend(self.nodes(at, step));
        }
        let mut seen = std::collections::BTreeSet::new();
        nodes.retain(|node| seen.insert(node["@id"].to_string()));
        let objects: Vec<_> = nodes.iter().map(|node| json!({ "@id": node["@id"] })).collect();
        nodes.insert(
            0,
            json!({
                "@id": self.id("investigation", ""),
                "@type": "case-investigation:Investigation",
                "uco-core:name": self.case.as_str(),
                "uco-core:description": "Custody chain of the records produced in this case",
                "uco-core:object": objects,
            }),
        );
        canonical_json(&json!({ "@context": context(), "@graph": nodes }))
    }

    fn nodes(&self, at: usize, step: &CustodyStep) -> Vec<Value> {
        let performer = self.id("performer", &step.performer);
        let mut action = Map::new();
        let mut say = |key: &str, value: Value| drop(action.insert(key.to_owned(), value));
        say("@id", json!(self.id("action", &at.to_string())));
        say("@type", json!("case-investigation:InvestigativeAction"));
        say("uco-core:name", json!(step.verb.as_str()));
        say("uco-core:description", json!(step.what));
        say("uco-action:startTime", time(step.at));
        say("uco-action:endTime", time(step.ended.unwrap_or(step.at)));
        say("uco-action:performer", json!({ "@id": performer }));
        let mut nodes = vec![json!({
            "@id": performer, "@type": "uco-identity:Identity", "uco-core:name": step.performer,
        })];
        if let Some(before) = at.checked_sub(1) {
            let before = self.id("action", &before.to_string());
            say("case-investigation:wasInformedBy", json!([{ "@id": before }]));
        }
        if let Some(tool) = &step.tool {
            let id = self.id("tool", tool);
            say("uco-action:instrument", json!([{ "@id": id }]));
            nodes.push(json!({ "@id": id, "@type": "uco-tool:Tool", "uco-core:name": tool }));
        }
        if let Some(digest) = step.digest {
            let id = self.id("record", &at.to_string());
            say("uco-action:result", json!([{ "@id": id }]));
            nodes.extend(self.record(id, step, digest));
        }
        nodes.push(Value::Object(action));
        nodes
    }

    /// A provenance record, and the thing it is about, known by its digest.
    fn record(&self, id: String, step: &CustodyStep, digest: Digest) -> [Value; 2] {
        let exhibit = self.id("exhibit", &digest.to_string());
        let hash = json!({
            "@id": self.id("hash", &digest.to_string()),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": { "@type": "uco-vocabulary:HashNameVocab", "@value": "SHA256" },
            "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": digest },
        });
        let facet = json!({
            "@id": self.id("facet", &digest.to_string()),
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:hash": [hash],
        });
        let record = json!({
            "@id": id,
            "@type": "case-investigation:ProvenanceRecord",
            "uco-core:description": format!("What the step `{}` left", step.verb),
            "uco-core:object": [{ "@id": exhibit }],
        });
        [
            json!({ "@id": exhibit, "@type": "uco-observable:ObservableObject", "uco-core:hasFacet": [facet] }),
            record,
        ]
    }

    /// A UUID that anybody derives again from the same case, kind and key (RFC 9562, version 8).
    fn id(&self, kind: &str, key: &str) -> String {
        let digest = Sha256::digest(format!("writ-parcel/1 custody\n{}\n{kind}\n{key}", self.case));
        let hex = hex::encode(digest);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "urn:uuid:{}-{}-8{}-a{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

fn time(at: Instant) -> Value {
    json!({ "@type": "xsd:dateTime", "@value": at })
}

fn context() -> Value {
    json!({
        "case-investigation": "https://ontology.caseontology.org/case/investigation/",
        "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
        "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
        "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
        "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
        "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
        "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
        "uco-vocabulary": "https://ontology.unifiedcyberontology.org/uco/vocabulary/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(verb: CustodyVerb, at: &str) -> CustodyStep {
        CustodyStep {
            verb,
            at: at.parse().unwrap(),
            ended: None,
            performer: "reviewer-2".into(),
            what: "two rows".into(),
            tool: Some("writ 0.1.0".into()),
            digest: Some(Digest::of("rows")),
        }
    }

    fn chain(steps: Vec<CustodyStep>) -> Result<CustodyChain, CustodyError> {
        CustodyChain::new("C-7K3M-Q2XD".parse().unwrap(), steps)
    }

    #[test]
    fn a_chain_needs_steps_and_time_runs_forward() {
        let early = step(CustodyVerb::Received, "2026-11-20T10:00:00Z");
        let late = step(CustodyVerb::Sealed, "2026-11-20T10:05:00Z");
        assert_eq!(chain(vec![]), Err(CustodyError::Empty));
        assert!(chain(vec![early.clone(), late.clone()]).is_ok());
        let error = chain(vec![late.clone(), early]).unwrap_err();
        assert!(matches!(
            error,
            CustodyError::Order { number: 2, verb: CustodyVerb::Received, .. }
        ));
        let backwards =
            CustodyStep { ended: Some("2026-11-20T10:04:00Z".parse().unwrap()), ..late };
        let fetched = step(CustodyVerb::Fetched, "2026-11-20T10:06:00Z");
        assert!(matches!(chain(vec![fetched]), Err(CustodyError::Later { number: 1, .. })));
        assert_eq!(
            chain(vec![backwards]),
            Err(CustodyError::Ends { number: 1, verb: CustodyVerb::Sealed })
        );
    }

    #[test]
    fn each_action_names_its_predecessor_and_nothing_is_said_twice() {
        let steps = vec![
            step(CustodyVerb::Searched, "2026-11-20T10:00:00Z"),
            step(CustodyVerb::Extracted, "2026-11-20T10:01:00Z"),
        ];
        let json: Value =
            serde_json::from_slice(&chain(steps).unwrap().to_json().unwrap()).unwrap();
        let graph = json["@graph"].as_array().unwrap();
        let of = |kind: &str| graph.iter().filter(|node| node["@type"] == kind).collect::<Vec<_>>();
        assert_eq!(of("uco-identity:Identity").len(), 1);
        assert_eq!(of("uco-tool:Tool").len(), 1);
        assert_eq!(of("case-investigation:ProvenanceRecord").len(), 2);
        let actions = of("case-investigation:InvestigativeAction");
        assert_eq!(actions[1]["case-investigation:wasInformedBy"][0]["@id"], actions[0]["@id"]);
        assert_eq!(json["@graph"][0]["uco-core:object"].as_array().unwrap().len(), graph.len() - 1);
    }
}
