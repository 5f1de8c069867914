//! The exchange against partners on a loopback socket: recorded conversations, lying partners, bad connections.

mod conversation;
mod partner;
mod settings;
