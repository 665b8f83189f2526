use std::time::Duration;

use wh_types::{Bandwidth, Cpu, ResourceLimits, Size};

use super::section;
use crate::reader::Reader;

section! {
    /// The containers that apps run in.
    Container at "container" checked {
        /// Command that runs containers.
        runtime: String, default "docker";
        /// Network that containers join.
        network: String, default "wisehosting";
        /// First host port for apps.
        port_range_start: u16, required "30000";
        /// Last host port for apps.
        port_range_end: u16, required "39999";
        /// CPU of an app whose deployment names no limit.
        default_cpu: Cpu, default "1";
        /// Memory of an app whose deployment names no limit.
        default_memory: Size, default "512MiB";
        /// Disk of an app whose deployment names no limit.
        default_disk: Size, default "1GiB";
        /// Bandwidth of an app whose deployment names no limit.
        default_bandwidth: Bandwidth, default "10mbit";
        /// Processes and threads of an app; 0 is unlimited.
        default_pids: u32, default "256";
        /// How long a container may take to answer on its port.
        start_timeout: Duration, default "30s";
    }
}

impl Container {
    /// The limits of an app whose deployment names none; the plan may allow less.
    #[must_use]
    pub const fn default_limits(&self) -> ResourceLimits {
        ResourceLimits {
            cpu_milli: self.default_cpu.milli(),
            memory_mib: self.default_memory.mib(),
            disk_mib: self.default_disk.mib(),
            pids: self.default_pids,
            bandwidth_kbit: self.default_bandwidth.kbit(),
        }
    }

    /// The host ports for apps.
    #[must_use]
    pub const fn ports(&self) -> std::ops::RangeInclusive<u16> {
        self.port_range_start..=self.port_range_end
    }

    fn checked(self, reader: &mut Reader<'_>) -> Self {
        if self.port_range_end < self.port_range_start {
            let (start, end) = (self.port_range_start, self.port_range_end);
            let problem = format!("{end} is below port_range_start, which is {start}");
            reader.refuse("container.port_range_end", &["container.port_range_start"], problem);
        }
        self
    }
}
