//! The mail of WiseHosting.
