//! A stub of the container engine: a file for each container. Like containers, the files outlive the worker.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wh_types::{AppStatus, AppStatusReport, ResourceLimits, WorkerResources};

/// The first port that a container is reached at.
const FIRST_PORT: u16 = 30_001;

/// The containers of this machine.
pub(crate) struct Engine {
    folder: PathBuf,
}

/// A container.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Container {
    /// Its id.
    pub(crate) id: String,
    /// The app in it.
    pub(crate) app_uuid: Uuid,
    /// The port of this machine that leads to it.
    pub(crate) port: u16,
    /// Whether it is up.
    pub(crate) running: bool,
    /// What it may use.
    pub(crate) limits: ResourceLimits,
}

impl Engine {
    /// Opens a folder, and makes it if it is not there.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// Creates and starts a container. One that is there with this id is started.
    pub(crate) fn run(&self, id: &str, app_uuid: Uuid, limits: ResourceLimits) -> io::Result<Container> {
        let port = match self.find(id)? {
            Some(known) => known.port,
            None => self.free_port()?,
        };
        let container = Container { id: id.to_owned(), app_uuid, port, running: true, limits };
        self.write(&container)?;
        Ok(container)
    }

    /// Starts or stops a container.
    pub(crate) fn set_running(&self, id: &str, running: bool) -> io::Result<Container> {
        let known = self.find(id)?.ok_or_else(|| io::Error::other(format!("there is no container {id}")))?;
        let container = Container { running, ..known };
        self.write(&container)?;
        Ok(container)
    }

    /// Removes a container. One that is not there is removed already.
    pub(crate) fn remove(&self, id: &str) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What the control plane compares with its apps.
    pub(crate) fn report(&self) -> Vec<AppStatusReport> {
        let state = |container: Container| AppStatusReport {
            app_uuid: container.app_uuid,
            status: if container.running { AppStatus::Running } else { AppStatus::Stopped },
            container_id: container.id,
            port: container.port,
            message: String::new(),
        };
        self.all().unwrap_or_default().into_iter().map(state).collect()
    }

    /// What is in use.
    pub(crate) fn resources(&self) -> WorkerResources {
        let mut running = self.all().unwrap_or_default();
        running.retain(|container| container.running);
        WorkerResources {
            used_cpu_milli: running.iter().map(|container| container.limits.cpu_milli).sum(),
            used_memory_mib: running.iter().map(|container| container.limits.memory_mib).sum(),
            running_containers: u32::try_from(running.len()).unwrap_or(u32::MAX),
            ..WorkerResources::default()
        }
    }

    fn all(&self) -> io::Result<Vec<Container>> {
        let names = fs::read_dir(&self.folder)?.flatten().map(|entry| entry.path());
        let containers = names.filter(|path| path.extension().is_some_and(|end| end == "json"));
        Ok(containers.filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok()).collect())
    }

    fn find(&self, id: &str) -> io::Result<Option<Container>> {
        match fs::read(self.path(id)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Written beside and renamed, so that a worker that is killed leaves a whole file or none.
    fn write(&self, container: &Container) -> io::Result<()> {
        let half = self.folder.join("half");
        fs::write(&half, serde_json::to_vec(container)?)?;
        fs::rename(half, self.path(&container.id))
    }

    fn free_port(&self) -> io::Result<u16> {
        let taken: BTreeSet<u16> = self.all()?.iter().map(|container| container.port).collect();
        let free = (FIRST_PORT..=u16::MAX).find(|port| !taken.contains(port));
        free.ok_or_else(|| io::Error::other("all ports are taken"))
    }

    fn path(&self, id: &str) -> PathBuf {
        // An id is of our own making; whatever else it may hold names no other folder.
        let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        self.folder.join(name).with_extension("json")
    }
}
