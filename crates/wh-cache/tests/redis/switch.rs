//! A wire to a server that a test can cut, silence, or let talk nonsense.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the wire does with what the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It arrives.
    Whole = 0,
    /// Nonsense arrives in its place.
    Nonsense = 1,
    /// Connections are cut, and new ones as well.
    Cut = 2,
}

/// A wire to a port of this machine.
pub(crate) struct Switch {
    port: u16,
    wire: Arc<AtomicU8>,
    cuts: watch::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Switch {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (wire, cuts) = (Arc::new(AtomicU8::new(0)), watch::Sender::new(()));
        let (shared, orders) = (Arc::clone(&wire), cuts.subscribe());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.load(Ordering::SeqCst) != Wire::Cut as u8 {
                    let (shared, mut orders) = (Arc::clone(&shared), orders.clone());
                    orders.mark_unchanged();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = carry(client, server, &shared) => {}
                            _ = orders.changed() => {}
                        }
                    });
                }
            }
        });
        Self { port, wire, cuts, task }
    }

    /// The server's URL, over this wire.
    pub(crate) fn url(&self, password: &str) -> String {
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.wire.store(wire as u8, Ordering::SeqCst);
        if wire == Wire::Cut {
            self.cuts.send_replace(());
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: u16, wire: &AtomicU8) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut buffer = vec![0; 65_536];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            let nonsense = wire.load(Ordering::SeqCst) == Wire::Nonsense as u8;
            let bytes = if nonsense { b"HTTP/1.1 400 Bad Request\r\n\r\n" } else { &buffer[..read] };
            if to_client.write_all(bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = answers => {}
    }
}
