//! A wire to a server that a test can cut, silence, or let talk nonsense.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the wire does with what the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It arrives.
    Whole,
    /// Nonsense arrives in its place.
    Nonsense,
    /// Connections are cut, and new ones as well.
    Cut,
}

/// A wire to a port of this machine.
pub(crate) struct Switch {
    port: u16,
    wire: watch::Sender<Wire>,
    task: tokio::task::JoinHandle<()>,
}

impl Switch {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = watch::Sender::new(Wire::Whole);
        let orders = wire.subscribe();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut cut = orders.clone();
                if *orders.borrow() != Wire::Cut {
                    tokio::spawn(async move {
                        let wire = cut.clone();
                        tokio::select! {
                            () = carry(client, server, &wire) => {}
                            _ = cut.wait_for(|wire| *wire == Wire::Cut) => {}
                        }
                    });
                }
            }
        });
        Self { port, wire, task }
    }

    /// The server's URL, over this wire.
    pub(crate) fn url(&self, password: &str) -> String {
        format!("redis://:{password}@127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: u16, wire: &watch::Receiver<Wire>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut buffer = vec![0; 65_536];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            let nonsense = *wire.borrow() == Wire::Nonsense;
            let whole = buffer.get(..read).unwrap_or_default();
            let bytes = if nonsense { b"HTTP/1.1 400 Bad Request\r\n\r\n" } else { whole };
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
