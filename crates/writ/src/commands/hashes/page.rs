//! The match report: a page with distances, labels and the variants as a graph. Hashes and labels only, no content.

use super::House;
use super::find::{Matched, action};
use crate::fault;
use crate::say::instant;
use askama::Template;
use miette::Result;
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::path::Path;
use writ_commons::Answer;
use writ_hashbank::{Cluster, EntryId, Near, Variant};
use writ_vocabulary::Instant;

/// How near forms are linked in a match's graph, in bits of PDQ.
const WITHIN: u32 = 31;
/// The most forms that one graph draws; the tables have all.
const DRAWN: usize = 60;
/// Half the side of a graph, in pixels, and the room left for words.
const HALF: f64 = 260.0;
const ROOM: f64 = 40.0;

#[derive(Template)]
#[template(path = "match_report.html")]
struct Page {
    made: String,
    title: &'static str,
    about: String,
    parts: Vec<Part>,
}

/// One file with its matches, or one cluster.
struct Part {
    title: String,
    rows: Vec<Row>,
    spared: String,
    graph: Option<Graph>,
}

struct Row {
    what: String,
    bank: String,
    distance: String,
    action: String,
    state: String,
    labels: String,
    hash: String,
}

struct Graph {
    nodes: Vec<Node>,
    links: Vec<Line>,
    left_out: usize,
    /// What of the plane is shown: left, top, width, height.
    view: (f64, f64, f64, f64),
}

struct Node {
    x: f64,
    y: f64,
    word: String,
    kind: &'static str,
}

struct Line {
    from: (f64, f64),
    to: (f64, f64),
    distance: u32,
}

/// A form in a graph: the file that was looked up, or one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    File,
    Known(Variant),
}

pub fn write(path: &Path, page: &str) -> Result<()> {
    std::fs::write(path, page).map_err(|error| fault::plain(format!("{}: {error}", path.display())))
}

/// The page of what files match.
pub fn of_matches(house: &House, matched: &[Matched]) -> String {
    let found = matched.iter().filter(|one| !one.answer.matches.is_empty());
    let parts: Vec<Part> = found
        .map(|one| Part {
            title: one.file.clone(),
            rows: one.answer.matches.iter().map(row).collect(),
            spared: spared(&one.answer),
            graph: graph_of_match(house, &one.answer),
        })
        .collect();
    let about = format!("{} of {} files match.", parts.len(), matched.len());
    page("Match report", about, parts)
}

/// The page of clusters.
pub fn of_clusters(house: &House, clusters: &[Cluster], within: u32) -> String {
    let parts: Vec<Part> = clusters
        .iter()
        .enumerate()
        .map(|(place, cluster)| Part {
            title: format!("Cluster {}", place + 1),
            rows: cluster.variants.iter().filter_map(|v| row_of_variant(house, *v)).collect(),
            spared: String::new(),
            graph: graph(&[], &cluster.links),
        })
        .collect();
    let about = format!("Forms at most {within} bits of PDQ apart hang together.");
    page("Variants", about, parts)
}

fn page(title: &'static str, about: String, parts: Vec<Part>) -> String {
    let page = Page { made: instant(Instant::now()), title, about, parts };
    // The template writes into memory, which does not fail.
    page.render().unwrap_or_default()
}

fn row(found: &writ_commons::Found) -> Row {
    let held = found.held_back.map(|why| format!(" ({why})")).unwrap_or_default();
    Row {
        what: format!("entry {}", found.entry),
        bank: found.bank.to_string(),
        distance: found.distance.to_string(),
        action: format!("{}{held}", action(found.action)),
        state: found.because.clone(),
        labels: found.labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        hash: format!("{} {}", found.kind, shortened(&found.hash)),
    }
}

fn shortened(hash: &str) -> String {
    let shown: String = hash.chars().take(64).collect();
    if shown.len() < hash.len() { format!("{shown}…") } else { shown }
}

fn row_of_variant(house: &House, variant: Variant) -> Option<Row> {
    let Variant::Entry(id) = variant else { return None };
    house.memory.read(|state, now| {
        let entry = state.entry(id, now)?;
        let mut labels: Vec<_> = entry
            .opinions
            .iter()
            .flat_map(|one| one.labels.iter().map(ToString::to_string))
            .collect();
        labels.sort();
        labels.dedup();
        let signal = entry.signals.first();
        Some(Row {
            what: format!("entry {id}"),
            bank: entry.bank.name.to_string(),
            distance: String::new(),
            action: String::new(),
            state: entry.standing.because.to_owned(),
            labels: labels.join(", "),
            hash: signal.map(|s| format!("{} {}", s.kind, shortened(&s.hash))).unwrap_or_default(),
        })
    })
}

fn spared(answer: &Answer) -> String {
    let entries: Vec<_> =
        answer.spared_by.iter().map(|one| format!("{} of {}", one.entry, one.bank)).collect();
    entries.join(", ")
}

/// The file in the middle, its matches around it, and what hangs together with them.
fn graph_of_match(house: &House, answer: &Answer) -> Option<Graph> {
    let mut matches: BTreeMap<EntryId, u32> = BTreeMap::new();
    for found in &answer.matches {
        let nearest = matches.entry(found.entry).or_insert(found.distance);
        *nearest = found.distance.min(*nearest);
    }
    let mut links: Vec<Near> = Vec::new();
    for entry in matches.keys() {
        for cluster in house.memory.clusters(Some(*entry), WITHIN, |_| {}) {
            for link in cluster.links {
                if !links.contains(&link) {
                    links.push(link);
                }
            }
        }
    }
    let file: Vec<_> = matches.into_iter().collect();
    graph(&file, &links)
}

/// Forms on a circle, in their order, with the file in the middle where there is one. Two forms need no drawing.
fn graph(file: &[(EntryId, u32)], links: &[Near]) -> Option<Graph> {
    let mut forms: Vec<Variant> = file.iter().map(|(entry, _)| Variant::Entry(*entry)).collect();
    forms.extend(links.iter().flat_map(|link| [link.one, link.other]));
    let mut seen = std::collections::BTreeSet::new();
    forms.retain(|form| seen.insert(*form));
    let left_out = forms.len().saturating_sub(DRAWN);
    forms.truncate(DRAWN);
    let mut places: BTreeMap<Form, (f64, f64)> = BTreeMap::new();
    let many = forms.len().max(1) as f64;
    for (place, form) in forms.iter().enumerate() {
        let (sin, cos) = (TAU * place as f64 / many).sin_cos();
        let reach = HALF - ROOM;
        places.insert(Form::Known(*form), (HALF + reach * sin, HALF - reach * cos));
    }
    if !file.is_empty() {
        places.insert(Form::File, (HALF, HALF));
    }
    let between = |one, other, distance| {
        Some(Line { from: *places.get(&one)?, to: *places.get(&other)?, distance })
    };
    let mut lines: Vec<Line> = links
        .iter()
        .filter_map(|link| between(Form::Known(link.one), Form::Known(link.other), link.distance))
        .collect();
    lines.extend(file.iter().filter_map(|(entry, distance)| {
        between(Form::File, Form::Known(Variant::Entry(*entry)), *distance)
    }));
    let nodes: Vec<Node> = places.iter().map(|(form, (x, y))| node(*form, *x, *y)).collect();
    let view = view(&nodes);
    (nodes.len() > 2).then_some(Graph { nodes, links: lines, left_out, view })
}

fn view(nodes: &[Node]) -> (f64, f64, f64, f64) {
    let edge = |of: fn(&Node) -> f64, pick: fn(f64, f64) -> f64| {
        nodes.iter().map(of).reduce(pick).unwrap_or(HALF)
    };
    let (left, right) = (edge(|n| n.x, f64::min) - ROOM, edge(|n| n.x, f64::max) + ROOM);
    let (top, bottom) = (edge(|n| n.y, f64::min) - ROOM, edge(|n| n.y, f64::max) + ROOM);
    (left, top, right - left, bottom - top)
}

fn node(form: Form, x: f64, y: f64) -> Node {
    let (word, kind) = match form {
        Form::File => ("file".to_owned(), "file"),
        Form::Known(Variant::Entry(entry)) => (entry.to_string(), "entry"),
        Form::Known(Variant::Sighting(sighting)) => (format!("seen {}", sighting.0), "sighting"),
    };
    Node { x, y, word, kind }
}

impl Line {
    fn middle(&self) -> (f64, f64) {
        ((self.from.0 + self.to.0) / 2.0, (self.from.1 + self.to.1) / 2.0)
    }

    /// The nearer, the thicker.
    fn width(&self) -> f64 {
        (4.0 - f64::from(self.distance) / 10.0).max(0.8)
    }
}

impl Node {
    fn is_sighting(&self) -> bool {
        self.kind == "sighting"
    }
}
