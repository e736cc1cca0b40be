//! End-to-end tests: the project's own binaries, against real parts in this process.
//!
//! `make test` builds the binaries before it runs these.

#[cfg(test)]
mod acme;
#[cfg(test)]
mod annotate;
#[cfg(test)]
mod attach;
#[cfg(test)]
mod brute_force;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod compiled_once;
#[cfg(test)]
mod config;
#[cfg(test)]
mod console;
#[cfg(test)]
mod console_sign_in;
#[cfg(test)]
mod dashboards;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod destinations;
#[cfg(test)]
mod disable_inactive;
#[cfg(test)]
mod end_to_end;
#[cfg(test)]
mod forget;
#[cfg(test)]
mod help;
#[cfg(test)]
mod import;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod mutated;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod pinpoint_local;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod republish;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod stream_functions;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod template;
#[cfg(test)]
mod told;
#[cfg(test)]
mod trigger_functions;
#[cfg(test)]
mod user_states;
#[cfg(test)]
mod write_units;
