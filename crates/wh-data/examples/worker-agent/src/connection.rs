//! The connection to the control plane, opened again whenever it breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_tungstenite::tungstenite::Message;
use wh_types::{FromWorker, HeartbeatRequest, JobMessage, ToWorker, WorkerStatus};

use crate::desk::Desk;
use crate::engine::Engine;
use crate::handshake::{Failure, Socket, connect};
use crate::settings::Settings;

/// How often the worker gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// After so long without a word the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
/// The first and the longest pause before another attempt.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Keeps a connection until the worker drains and has nothing left to say.
pub(crate) async fn keep(
    settings: Arc<Settings>,
    engine: Arc<Engine>,
    desk: Arc<Desk>,
    jobs: mpsc::UnboundedSender<JobMessage>,
    draining: watch::Receiver<bool>,
) {
    let mut pause = PAUSES.0;
    loop {
        let problem = match connect(&settings).await {
            Ok(socket) => {
                tracing::info!(url = settings.control_plane, "connected");
                pause = PAUSES.0;
                let mut conversation = Conversation {
                    socket,
                    engine: &engine,
                    desk: &desk,
                    jobs: &jobs,
                    draining: draining.clone(),
                };
                match conversation.hold().await {
                    Ok(()) => return,
                    Err(problem) => problem,
                }
            }
            Err(problem) => problem,
        };
        if *draining.borrow() && desk.is_empty() {
            return;
        }
        tracing::warn!(%problem, "no connection, tries again in {} ms", pause.as_millis());
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection.
struct Conversation<'a> {
    socket: Socket,
    engine: &'a Engine,
    desk: &'a Desk,
    jobs: &'a mpsc::UnboundedSender<JobMessage>,
    draining: watch::Receiver<bool>,
}

impl Conversation<'_> {
    /// Talks until the worker has drained.
    async fn hold(&mut self) -> Result<(), Failure> {
        for message in self.desk.opening() {
            self.send(&message).await?;
        }
        if *self.draining.borrow() {
            self.send(&FromWorker::Draining).await?;
        }
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            if *self.draining.borrow() && self.desk.is_empty() {
                self.socket.close(None).await?;
                return Ok(());
            }
            tokio::select! {
                message = self.desk.next() => {
                    if let Err(problem) = self.send(&message).await {
                        self.desk.put_back(message);
                        return Err(problem);
                    }
                }
                frame = self.socket.next() => {
                    heard = Instant::now();
                    match frame.ok_or("the control plane hung up")?? {
                        Message::Text(text) => self.obey(&text.as_str().into())?,
                        Message::Close(_) => return Err("the control plane closed the connection".into()),
                        _ => {}
                    }
                }
                _ = beat.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Err("the control plane is silent".into());
                    }
                    self.send(&self.heartbeat()).await?;
                    self.socket.send(Message::Ping(Vec::new().into())).await?;
                }
                changed = self.draining.changed() => changed?,
            }
        }
    }

    async fn send(&mut self, message: &FromWorker) -> Result<(), Failure> {
        let json = serde_json::to_string(message)?;
        Ok(self.socket.send(Message::Text(json.into())).await?)
    }

    fn heartbeat(&self) -> FromWorker {
        FromWorker::Heartbeat(HeartbeatRequest {
            status: WorkerStatus::Online,
            resources: self.engine.resources(),
        })
    }

    fn obey(&self, text: &SecretString) -> Result<(), Failure> {
        match ToWorker::from_json(text)? {
            ToWorker::Job(job) => {
                if self.desk.take(job.job_id) {
                    tracing::info!(job = %job.job_id, kind = %job.job_type, app = %job.payload.app_name, "handed a job");
                    self.jobs.send(*job)?;
                }
            }
            ToWorker::Recorded { job_id } => self.desk.recorded(job_id),
            ToWorker::ListContainers { as_of } => {
                self.desk.say(FromWorker::Containers { as_of, apps: self.engine.report() });
            }
            ToWorker::RemoveContainers { container_ids } => {
                for id in container_ids {
                    tracing::info!(container = id, "removes a container that belongs to no app");
                    self.engine.remove(&id)?;
                }
            }
            ToWorker::Unknown => tracing::warn!("a message of a newer control plane was skipped"),
        }
        Ok(())
    }
}
