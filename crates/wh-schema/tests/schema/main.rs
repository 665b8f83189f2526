//! What the migrations make of a database, and how the runner gets there.

#![expect(clippy::unwrap_used, reason = "a test fails where its helper does")]

mod audit;
mod columns;
mod constraints;
mod followers;
mod foreign_keys;
mod from_before;
mod golang_migrate;
mod inspect;
mod one_runner;
mod partitions;
mod processes;
mod refusals;
mod rows;
mod steps;
mod support;
mod up_and_down;
mod vocabularies;
