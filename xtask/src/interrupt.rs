//! Ctrl-C and SIGTERM: nothing of ours is left behind.
//!
//! While a child runs, the signal is passed on to its process group and the command goes on to its end, which takes the stack
//! down. Otherwise the stack is taken down here, and the process ends.

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI32, AtomicU64, Ordering},
    },
    thread,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

/// The process group of the running child, or zero.
static CHILD: AtomicI32 = AtomicI32::new(0);
/// The signal that ended us, or zero.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// Starts to listen, on a thread of its own.
pub(crate) fn listen() {
    thread::spawn(|| {
        // Without a runtime the signals keep their default effect, and the guard of the stack still cleans up.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            loop {
                let caught = tokio::select! {
                    _ = interrupt.recv() => Signal::INT,
                    _ = terminate.recv() => Signal::TERM,
                };
                handle(caught);
            }
        });
    });
}

fn handle(caught: Signal) {
    let again = CAUGHT.swap(caught.as_raw(), Ordering::SeqCst) != 0;
    if let Some(group) = Pid::from_raw(CHILD.load(Ordering::SeqCst)) {
        // Whoever asks twice does not want to wait. A group that is gone by now needs nothing.
        let _ = kill_process_group(group, if again { Signal::KILL } else { caught });
    } else {
        clean_up();
        wh_stack::stop_all();
        std::process::exit(128 + caught.as_raw());
    }
}

/// What has to be done before a signal ends the process, beside taking the stack down.
static CLEANUPS: Mutex<Vec<(u64, Action)>> = Mutex::new(Vec::new());

type Action = Box<dyn FnOnce() + Send>;

/// Something that a signal has cleaned up, until it is forgotten.
pub(crate) struct Cleanup(u64);

/// Has `action` carried out when a signal ends the process. It runs on a thread without a runtime.
pub(crate) fn on_signal(action: impl FnOnce() + Send + 'static) -> Cleanup {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Ordering::SeqCst);
    CLEANUPS.lock().unwrap_or_else(PoisonError::into_inner).push((id, Box::new(action)));
    Cleanup(id)
}

impl Cleanup {
    /// It is not needed any more.
    pub(crate) fn forget(&self) {
        CLEANUPS.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != self.0);
    }
}

fn clean_up() {
    let actions = std::mem::take(&mut *CLEANUPS.lock().unwrap_or_else(PoisonError::into_inner));
    for (_, action) in actions {
        action();
    }
}

/// While this lives, signals go to the process group.
pub(crate) struct Forwarding;

impl Forwarding {
    pub(crate) fn to(group: u32) -> Self {
        CHILD.store(i32::try_from(group).unwrap_or(0), Ordering::SeqCst);
        Self
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        CHILD.store(0, Ordering::SeqCst);
    }
}

/// Whether a signal was caught.
pub(crate) fn happened() -> bool {
    CAUGHT.load(Ordering::SeqCst) != 0
}

/// The exit status that tells of the signal that was caught, if one was.
pub(crate) fn status() -> Option<ExitCode> {
    let caught = CAUGHT.load(Ordering::SeqCst);
    (caught != 0).then(|| ExitCode::from(u8::try_from(128 + caught).unwrap_or(1)))
}
