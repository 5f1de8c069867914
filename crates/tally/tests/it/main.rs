//! What the counts promise, told by forgeries, properties, stored forms and sizes.

mod forger;
mod forgeries;
mod forms;
mod golden;
mod period;
mod properties;
mod totals;
