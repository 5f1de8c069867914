//! The records that are audited here: written by the real writer, with demands, conclusions, gags, reveals and totals.

use crate::disk::MemoryDisk;
use crate::provider::{Folder, ORIGIN, key, witness};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use writ_audit::totals_path;
use writ_record::{Event, Places, Record, Sealer};
use writ_tally::{Bases, Content, Genesis, Leaf, Opening, Period, Reveal, Schema, Totals, Width};

/// 1 January 2026.
pub const START: u64 = 1_767_225_600;
/// 18 epochs are the 181 days of the first half of 2026.
pub const EPOCH: u64 = 868_800;
pub const LEAVES: u32 = 8;

/// A record, and what only its provider knows of it.
pub struct World {
    pub bases: Bases,
    pub folder: Folder,
    /// When its last epoch ended, and when witnesses cosigned it.
    pub end: u64,
    /// By its stream, each event's index, epoch and opening.
    pub events: BTreeMap<String, (u64, u32, Opening)>,
    /// The totals that were published.
    pub totals: Vec<Totals>,
}

/// A year of 36 epochs in the first schema, and one epoch more; totals of each half-year; two gags of the first half-year
/// revealed in the second. 300 entries: two bundles, three tiles.
pub static YEAR: LazyLock<World> = LazyLock::new(|| {
    let mut writing = Writing::new(Schema::v1().unwrap());
    let rows = |received: &str, concluded: &str, sealed: &str| {
        let schema = Schema::v1().unwrap();
        let row = |table, name| schema.row(table, name).unwrap();
        vec![row("received", received), row("concluded", concluded), row("sealed", sealed)]
    };
    for epoch in 0..18_u32 {
        let intake = [
            ("us/content", "nothing", "1"),
            ("eu/traffic", "nothing", "0"),
            ("us/national-security", "nothing", "national-security"),
        ];
        let events = intake.iter().enumerate().map(|(number, (received, concluded, sealed))| {
            (format!("C-{epoch}-{number}"), rows(received, concluded, sealed))
        });
        let concluded = [(format!("D-{epoch}"), rows("nothing", "content", "nothing"))];
        writing.close(&events.chain(concluded).collect::<Vec<_>>());
    }
    writing.publish(0, 18);
    for epoch in 18..37_u32 {
        writing.close(&[(format!("E-{epoch}"), rows("uk/removal", "refused", "nothing"))]);
    }
    writing.reveal("C-3-1");
    writing.reveal("C-4-1");
    writing.publish(18, 36);
    writing.finish()
});

/// The smallest record there is: one table with a banded row, three epochs of two leaves, one reveal, one period.
pub static SMALL: LazyLock<World> = LazyLock::new(|| {
    let schema = r#"
        name = "small"
        version = 1
        [[table]]
        name = "received"
        rows = ["nothing", "open", "banded"]
        banded = ["banded"]
    "#;
    let mut writing = Writing::new(Schema::parse(schema).unwrap());
    writing.leaves = 2;
    writing.close(&[("A".to_owned(), vec![1])]);
    writing.close(&[("B".to_owned(), vec![2])]);
    writing.reveal("A");
    writing.publish(0, 2);
    writing.close(&[]);
    writing.finish()
});

/// A record being written.
struct Writing {
    disk: MemoryDisk,
    schema: Schema,
    leaves: u32,
    record: Option<Record<MemoryDisk>>,
    events: Vec<Event>,
    totals: Vec<Totals>,
}

impl Writing {
    fn new(schema: Schema) -> Self {
        let (events, totals) = (Vec::new(), Vec::new());
        Self { disk: MemoryDisk::default(), schema, leaves: LEAVES, record: None, events, totals }
    }

    fn record(&mut self) -> Record<MemoryDisk> {
        if let Some(record) = self.record.take() {
            return record;
        }
        let at = |path: &str| Path::new("/home").join(path);
        let places =
            Places { write_ahead: at("wal"), lock: at("lock"), published: at("published") };
        let genesis = Genesis {
            epoch_seconds: EPOCH as u32,
            leaves_per_epoch: self.leaves,
            origin: ORIGIN.to_owned(),
            schema: self.schema.digest(),
            start: START,
        };
        let sealer = Sealer::new([9; 32], Bases::new(self.schema.clone()), genesis);
        Record::open(self.disk.clone(), places, key(), Arc::new(sealer)).unwrap().0
    }

    /// Closes the next epoch with events of these streams and rows.
    fn close(&mut self, events: &[(String, Vec<u8>)]) {
        let record = self.record();
        let event = |(stream, rows): &(String, Vec<u8>)| Event {
            stream: stream.clone(),
            sequence: 1,
            text: format!(r#"{{"case":"{stream}"}}"#),
            rows: rows.clone(),
        };
        let events: Vec<Event> = events.iter().map(event).collect();
        let end = record.sealer().end_of(record.next_epoch());
        let closing = record.fill(end, &events, 0).unwrap();
        self.record = Some(record.close(closing).unwrap());
        self.events.extend(events);
    }

    /// Appends a public leaf, whatever it says: a provider that forges has no scruples.
    fn leaf(&mut self, content: Content) {
        let record = self.record();
        let now = last_end(&record);
        let leaf = Leaf { epoch: record.next_epoch().saturating_sub(1), content };
        let append = |writer: writ_record::Writer<MemoryDisk>| {
            let note = br#"{"batch":"totals","from":0,"until":0}"#.to_vec();
            let admitted = writer.admit(now, note, vec![leaf.to_bytes().unwrap()]).unwrap();
            writer.append(admitted)
        };
        self.record = Some(record.with(append).unwrap());
    }

    fn reveal(&mut self, stream: &str) {
        let record = self.record();
        let index = record.place(stream, 1).unwrap();
        let opening = record.sealer().opening(record.event_at(index).unwrap().1).unwrap();
        self.record = Some(record);
        self.leaf(Content::Reveal(Reveal { index, opening }));
    }

    fn publish(&mut self, from: u32, until: u32) {
        let record = self.record();
        let (totals, content) = record.totals(from, until, Width::TwoHundredFifty).unwrap();
        let path = totals_path(totals.period());
        self.record = Some(record.with(|writer| writer.put(&path, &totals.to_json())).unwrap());
        self.totals.push(totals);
        self.leaf(content);
    }

    fn finish(mut self) -> World {
        let record = self.record();
        let end = last_end(&record);
        let sign = |writer: writ_record::Writer<MemoryDisk>| {
            let writer = writer.sign()?;
            let mut signed = writer.signed().unwrap().clone();
            for number in [1, 2] {
                let by = witness(number).cosign(signed.checkpoint(), end).unwrap();
                signed.note_mut().add(by).unwrap();
            }
            writer.publish(&signed)
        };
        let record = record.with(sign).unwrap();
        let place = |event: &Event| {
            let index = record.place(&event.stream, 1).unwrap();
            let (epoch, _) = record.event_at(index).unwrap();
            (event.stream.clone(), (index, epoch, record.sealer().opening(event).unwrap()))
        };
        let events = self.events.iter().map(place).collect();
        let folder = Folder(self.disk.below(Path::new("/home/published")));
        World { bases: Bases::new(self.schema), folder, end, events, totals: self.totals }
    }
}

/// When the last epoch that is closed ended.
fn last_end(record: &Record<MemoryDisk>) -> u64 {
    record.sealer().end_of(record.next_epoch()) - EPOCH
}

impl World {
    /// The index of the leaf that says that totals were published, and their period.
    pub fn published(&self, number: usize) -> (usize, Period) {
        let period = self.totals[number].period();
        let is = |entry: &Vec<u8>| {
            entry[1] == 4 && {
                let text = String::from_utf8_lossy(&entry[6..]).into_owned();
                text.contains(&format!("\"from\":{},", period.from))
            }
        };
        (self.folder.entries().iter().position(is).unwrap(), period)
    }
}
