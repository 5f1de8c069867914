//! The doing: load a case, let it decide, append what happened, perform what is owed next.
//!
//! A [`Desk`] holds the journal, the vault, the law book, the policy, the data sources and the keys of one provider.
//! Everything a person or a door wants goes through [`Desk::command`]; everything that is owed is performed by
//! [`Desk::work`]. No step here asks a case a question in order to choose: choosing is the docket's.

mod clock;
mod desk;
mod error;
mod house;
mod judge;
mod lodge;
mod mailer;
mod papers;
mod produce;
mod record;
mod registry;
mod removed;
mod sign_off;
mod store;
mod work;

pub use clock::{Clock, SetClock, SystemClock};
pub use desk::{Books, Desk};
pub use error::DeskError;
pub use house::{Custodian, House, Mail, Staff};
pub use judge::Judged;
pub use record::{RecordKept, RecordSettings};
pub use registry::Registry;
pub use sign_off::read as sign_offs;
pub use store::Recorded;
pub use work::{Done, Performed, Tell};
