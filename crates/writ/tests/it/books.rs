//! The law book and the policy from folders: a new instrument is a folder, and no Rust.

use super::{copy, root, run, writ};

#[test]
fn every_example_and_every_case_comes_out_as_written() {
    for command in [["lawbook", "check"], ["policy", "test"]] {
        let (code, out, err) = run(writ().args(command));
        assert_eq!(code, 0, "{out}\n{err}");
        assert!(out.contains(" 0 failed"), "{out}");
    }
}

#[test]
fn an_instrument_that_is_dropped_in_as_a_folder_is_assessed_under() {
    let temp = tempfile::tempdir().unwrap();
    let lawbook = temp.path().join("lawbook");
    copy(&root().join("lawbook"), &lawbook);
    let new = lawbook.join("us/subpoena-of-exampleland");
    copy(&lawbook.join("us/subpoena"), &new);
    let examples = std::fs::read_dir(new.join("examples")).unwrap();
    let examples: Vec<_> = examples.map(|entry| entry.unwrap().path()).collect();
    for example in &examples {
        let text = std::fs::read_to_string(example).unwrap();
        std::fs::write(example, text.replace("\"us/subpoena\"", "\"us/subpoena-of-exampleland\""))
            .unwrap();
    }
    for example in &examples {
        let mut assess = writ();
        assess.arg("--lawbook").arg(&lawbook).arg("assess").arg(example).arg("--expect");
        let (code, out, err) = run(&mut assess);
        assert_eq!(code, 0, "{out}\n{err}");
        let (code, out, _) = run(writ().arg("assess").arg(example));
        assert!(
            code == 0 && out.contains("instrument-in-force"),
            "without the folder nobody knows it: {out}"
        );
    }
}

#[test]
fn the_examples_of_the_demand_format_are_ruled_as_they_say() {
    let temp = tempfile::tempdir().unwrap();
    let page = std::fs::read_to_string(root().join("docs/demand-format.md")).unwrap();
    let blocks = page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let whole = blocks.filter(|(_, text)| text.contains("writ-case/1") && text.contains("expect"));
    let mut shown = 0;
    for (_, text) in whole {
        let file = temp.path().join("example");
        std::fs::write(&file, text).unwrap();
        let (code, out, err) = run(writ().arg("assess").arg(&file).arg("--expect"));
        assert_eq!(code, 0, "{text}\n{out}\n{err}");
        shown += 1;
    }
    assert!(shown >= 3, "{shown} examples");
}
