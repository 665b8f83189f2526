//! Notices whether a connection came to speak TLS.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

type Rustls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;

/// An encrypted stream.
pub(in crate::engine::pool) type TlsStream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// rustls for one connection. With `sslmode=prefer` the driver does not tell whether the server agreed to it.
#[derive(Clone)]
pub(in crate::engine::pool) struct Watched {
    rustls: MakeRustlsConnect,
    begun: Arc<AtomicBool>,
}

impl Watched {
    pub(in crate::engine::pool) fn new(rustls: MakeRustlsConnect) -> Self {
        Self { rustls, begun: Arc::default() }
    }

    /// True once the server has agreed to TLS.
    pub(in crate::engine::pool) fn begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }
}

impl MakeTlsConnect<Socket> for Watched {
    type Stream = TlsStream;
    type TlsConnect = WatchedConnect;
    type Error = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<WatchedConnect, Self::Error> {
        let rustls = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.rustls, domain)?;
        Ok(WatchedConnect { rustls, begun: Arc::clone(&self.begun) })
    }
}

pub(in crate::engine::pool) struct WatchedConnect {
    rustls: Rustls,
    begun: Arc<AtomicBool>,
}

impl TlsConnect<Socket> for WatchedConnect {
    type Stream = TlsStream;
    type Error = io::Error;
    type Future = <Rustls as TlsConnect<Socket>>::Future;

    fn connect(self, stream: Socket) -> Self::Future {
        self.begun.store(true, Ordering::Relaxed);
        self.rustls.connect(stream)
    }
}
