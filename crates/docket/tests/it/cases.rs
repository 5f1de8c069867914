//! Given these events, when this command, then these events or this refusal: `cases.toml`.

use super::phrases::{command, events, minute};
use serde::Deserialize;
use writ_docket::{decide, duty, replay};
use writ_vocabulary::CaseId;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    #[serde(default)]
    given: Vec<String>,
    #[serde(default)]
    minute: i64,
    when: Option<String>,
    #[serde(default)]
    then: Vec<String>,
    refused: Option<String>,
    owed: Option<Vec<String>>,
}

#[test]
fn every_case_of_the_docket_comes_out_as_written() {
    let cases: Cases = toml::from_str(include_str!("cases.toml")).unwrap();
    assert!(cases.case.len() >= 50, "only {} cases", cases.case.len());
    let wrong: Vec<_> = cases.case.iter().filter_map(|case| case.run().err()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

impl Case {
    fn run(&self) -> Result<(), String> {
        let id = CaseId::from_random([1; 5]);
        let said = |what: &str| format!("{}: {what}", self.title);
        let given: Vec<_> = self.given.iter().flat_map(|phrase| events(phrase)).collect();
        let before = replay(&id, given.iter().map(|event| (minute(2), event)))
            .map_err(|error| said(&error.to_string()))?;
        let now = minute(if self.minute == 0 { 3 } else { self.minute });
        if let Some(wanted) = &self.owed {
            let owed: Vec<_> = before
                .iter()
                .flat_map(|case| duty(case, now))
                .filter(|owed| owed.from <= now)
                .map(|owed| owed.duty.as_str().to_owned())
                .collect();
            if &owed != wanted {
                return Err(said(&format!("owes {owed:?}, not {wanted:?}")));
            }
        }
        let Some(when) = &self.when else { return Ok(()) };
        match (decide(command(when), before.as_ref(), now), &self.refused) {
            (Ok(happened), None) => {
                let expected: Vec<_> = self.then.iter().flat_map(|phrase| events(phrase)).collect();
                if happened != expected {
                    return Err(said(&format!("happened {happened:?}\nexpected {expected:?}")));
                }
                let all = given.iter().chain(&happened).map(|event| (minute(2), event));
                replay(&id, all).map(|_| ()).map_err(|error| said(&error.to_string()))
            }
            (Err(refusal), Some(words)) if &refusal.to_string() == words => Ok(()),
            (Err(refusal), _) => Err(said(&format!("refused: {refusal}"))),
            (Ok(happened), Some(words)) => {
                Err(said(&format!("not refused with `{words}`, but happened {happened:?}")))
            }
        }
    }
}
