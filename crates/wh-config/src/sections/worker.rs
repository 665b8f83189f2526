use std::time::Duration;

use secrecy::SecretString;
use wh_types::{Cpu, Size};

use super::section;
use crate::HttpUrl;

section! {
    /// This machine as a worker; only workers need it.
    Worker at "worker" {
        /// Name of the worker, unique among all.
        name: Option<String>, optional "worker-1";
        /// Key that the worker proves itself with.
        api_key: Option<SecretString>, optional "change-me";
        /// DNS suffix that the worker owns: its apps are reached under it.
        zone: Option<String>, optional "w1.acme.dev";
        /// Region as users read it.
        region: Option<String>, optional "Frankfurt";
        /// CPU that apps may have in all.
        capacity_cpu: Cpu, default "2";
        /// Memory that apps may have in all.
        capacity_memory: Size, default "4GiB";
        /// How often to ask for work.
        poll_interval: Duration, default "5s";
        /// URL of the control plane.
        control_plane_url: HttpUrl, default "http://localhost:8080";
    }
}
