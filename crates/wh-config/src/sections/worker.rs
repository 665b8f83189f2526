use std::time::Duration;

use secrecy::SecretString;
use wh_types::{Cpu, HttpUrl, Size};

use super::section;
use crate::shape::Shape;

section! {
    /// This machine as a worker. Only workers need it.
    Worker at "worker" {
        /// Name of the worker, unique among all.
        name: Option<String>, optional "worker-1";
        /// Key by which the worker authenticates.
        api_key: Option<SecretString>, optional "change-me";
        /// DNS suffix that the worker owns: its apps are reached under it.
        zone: Option<String> as Shape::Domain, optional "w1.acme.dev";
        /// Region as users read it.
        region: Option<String> as Shape::Text { max: 64 }, optional "Frankfurt";
        /// CPU for all apps together.
        capacity_cpu: Cpu, default "2";
        /// Memory for all apps together.
        capacity_memory: Size, default "4GiB";
        /// How often the worker asks for jobs.
        poll_interval: Duration, default "5s";
        /// URL of the control plane.
        control_plane_url: HttpUrl, default "http://localhost:8080";
    }
}
