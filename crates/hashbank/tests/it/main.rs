//! What the hash bank does, told by cases, golden events and properties.

mod cases;
mod golden;
mod phrases;
mod properties;
