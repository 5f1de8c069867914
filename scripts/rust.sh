# Which Rust builds Writ: any from the manifest's `rust-version` on. Sourced by setup and cargo, in the root folder.
# shellcheck shell=sh

rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)

# The official installer puts Rust here, and only new login shells look there.
PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

# Succeeds where `cargo` stands for a Rust that is new enough; takes one that rustup keeps beside an older default.
rust_suffices() {
    is_new_enough "$(cargo --version 2>/dev/null)" && return
    is_new_enough "$(rustup run "$rust_wanted.0" cargo --version 2>/dev/null)" || return
    export RUSTUP_TOOLCHAIN="$rust_wanted.0"
}

# Succeeds for `cargo 1.N.…` with N no less than wanted.
is_new_enough() {
    minor=${1#cargo 1.}
    minor=${minor%%.*}
    case $minor in '' | *[!0-9]*) return 1 ;; esac
    [ "$minor" -ge "${rust_wanted#1.}" ]
}
