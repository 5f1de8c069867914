//! The provider's data sources, declared: which query yields which element of which account.
//!
//! One file, `custody.toml` in the provider's home, says where customer data lie and what they are in the words of
//! the law book. This crate reads it, all or nothing: every fault is told with its file and line. It opens nothing;
//! `writ-collect` does, and only with a plan drawn from a grant.
//!
//! # The file
//!
//! ```toml
//! # A source: one of sqlite, postgres, parquet, csv, ndjson, maildir, objects. Paths are relative to this file's folder.
//! [[source]]
//! id = "directory"
//! kind = "sqlite"
//! location = "data/directory.sqlite"
//!
//! # A database behind a password: the URL stands in a file of its own, never here.
//! [[source]]
//! id = "billing"
//! kind = "postgres"
//! url_file = "secrets/billing.url"
//!
//! # A file, or a folder of files of one form. It gives one table, named as the source with `_` for `-`.
//! [[source]]
//! id = "logins"
//! kind = "parquet"
//! location = "data/logins"
//!
//! # A folder with one Maildir for each account.
//! [[source]]
//! id = "mail"
//! kind = "maildir"
//! location = "data/mail"
//!
//! # A folder with one folder of objects for each account.
//! [[source]]
//! id = "files"
//! kind = "objects"
//! location = "data/files"
//!
//! # What a source yields: its column = the element it is. Undeclared columns are never read.
//! [[yields]]
//! source = "directory"
//! table = "customers"              # or query = "SELECT ...", one reading statement
//! account_key = { customer = "id" } # the column that says whose a row is, for each kind of account
//! standing = true                  # the record as it stands; otherwise time_column is needed
//! elements = { full_name = "name", street = "postal_address", town = "postal_address" }
//!
//! [[yields]]
//! source = "logins"
//! account_key = { customer = "customer_id" }
//! time_column = "at"               # what a granted period bounds
//! time_form = "timestamp"          # or unix-seconds, unix-millis, unix-micros, rfc3339
//! elements = { at = "session_times", ip = "login_ip" }
//!
//! # A column that is several elements at once is collected only where all of them are granted.
//! [[yields]]
//! source = "mail"
//! form = "mail"                    # rows (the default), mail or objects
//! account_key = { customer = "account" }
//! time_column = "received"
//! elements = { content = ["message_headers", "message_body", "attachments"] }
//!
//! [[yields]]
//! source = "files"
//! form = "objects"
//! account_key = { customer = "account" }
//! time_column = "modified"
//! customer_keys = true             # the provider holds only ciphertext: never collected
//! elements = { name = "stored_files", content = "stored_files" }
//!
//! # How an identifier leads to the provider's customer id: one column. No row: nobody. Two: to be cured, never guessed.
//! [accounts]
//! mail = { source = "directory", query = "SELECT customer_id FROM addresses WHERE address = $mail" }
//! customer = { source = "directory", query = "SELECT id FROM customers WHERE id = $customer" }
//! ip = { source = "directory", query = "SELECT customer_id FROM leases WHERE address = $address AND port = $port AND began <= $at AND ended > $at" }
//!
//! # Who controls a customer's data: organisation, contact, jurisdiction, public_authority. No row: the provider.
//! [controllers]
//! source = "directory"
//! query = "SELECT t.organisation, t.contact, t.jurisdiction, t.public_authority FROM tenants t JOIN customers c ON c.tenant = t.id WHERE c.id = $customer"
//!
//! # The elements that one customer holds under keys of its own: one column.
//! [customer_keys]
//! source = "directory"
//! query = "SELECT element FROM customer_keys WHERE customer_id = $customer"
//! ```
//!
//! `[flags]` (one column: `press`, `lawyer`, ...), `[residence]` (one column: a country) and `[nationality]` (one column: a
//! country, a row for each) have the same form.
//!
//! # Parameters of a query
//!
//! | question | parameters |
//! |---|---|
//! | `accounts.mail`, `.phone`, `.customer`, `.url` | `$mail`, `$phone`, `$customer`, `$url` |
//! | `accounts.ip` | `$address`, `$port`, `$at` (a date-time in UTC), `$at_unix` (whole seconds) |
//! | `controllers`, `customer_keys`, `flags`, `residence`, `nationality` | `$customer` |
//!
//! Mail addresses arrive in lower case, telephone numbers as `+` and digits. A query reads the tables of its own
//! source only. In `[[yields]]` it has no parameters: whose rows and when is added by the plan.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod declared;
mod fault;
mod file;
mod kind;

pub use declared::{
    Column, Custody, Form, IdentifierKind, Location, Question, Relation, Source, TimeColumn,
    TimeForm, Yields,
};
pub use fault::{Fault, Faults};
pub use kind::Kind;
