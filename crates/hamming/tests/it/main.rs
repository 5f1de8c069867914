//! The index against brute force, against a model, against damaged files and under threads.

mod exact;
mod hostile;
mod life;
mod made;
mod threads;
