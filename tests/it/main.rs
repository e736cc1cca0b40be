//! End-to-end tests: the project's own binaries, against real parts in this process.
//!
//! `make test` builds the binaries before it runs these.

mod brute_force;
mod pinpoint_local;
mod support;
