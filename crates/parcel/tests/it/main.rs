//! What a parcel promises: it opens whole for its recipient, and every way of tampering with it is found and named.

mod bench;
mod faults;
mod hostile;
mod round_trip;
mod vector;
