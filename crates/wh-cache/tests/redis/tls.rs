//! `rediss://`. Few builds of the server speak TLS, so something in front of it does.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use wh_cache::{Cache, CacheSettings, RedisSettings, RedisState};
use wh_testkit::RedisServer;

use crate::support::settings_of;

/// Takes TLS off in front of a server, and shows a certificate for `localhost`.
struct Front {
    port: u16,
    authorities: PathBuf,
    _folder: tempfile::TempDir,
}

impl Front {
    async fn of(server: &RedisServer) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = names.signed_by(&key, &authority).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let authorities = folder.path().join("authority.pem");
        std::fs::write(&authorities, authority.pem()).unwrap();

        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (port, behind) = (listener.local_addr().unwrap().port(), server.port());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await.ok()?;
                    let mut server = TcpStream::connect(("127.0.0.1", behind)).await.ok()?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok()
                });
            }
        });
        Self { port, authorities, _folder: folder }
    }

    fn settings(&self, scheme: &str, host: &str, password: &str) -> RedisSettings {
        let url = format!("{scheme}://:{password}@{host}:{}", self.port);
        RedisSettings { authorities: Some(self.authorities.clone()), ..settings_of(url) }
    }
}

async fn start(settings: RedisSettings) -> Cache {
    Cache::start(CacheSettings::default(), settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_tls_is_used_and_its_certificate_verified() {
    let server = RedisServer::start();
    let front = Front::of(&server).await;
    for scheme in ["rediss", "valkeys"] {
        let (a, b) = (
            start(front.settings(scheme, "localhost", server.password())).await,
            start(front.settings(scheme, "localhost", server.password())).await,
        );
        a.set("x", &1, None).await;
        assert_eq!(b.get::<u32>("x").await, Some(1), "{scheme}");
        assert_eq!(a.redis_state(), Some(RedisState::Up));
    }
    let stranger = start(front.settings("rediss", "127.0.0.1", server.password())).await;
    assert_eq!(stranger.redis_state(), Some(RedisState::Down), "another name");
    let system =
        RedisSettings { authorities: None, ..front.settings("rediss", "localhost", server.password()) };
    if let Ok(system) = Cache::start(CacheSettings::default(), system).await {
        assert_eq!(system.redis_state(), Some(RedisState::Down), "another authority");
    }
    let plain = start(front.settings("redis", "localhost", server.password())).await;
    assert_eq!(plain.redis_state(), Some(RedisState::Down), "no TLS");
}
